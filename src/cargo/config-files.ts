// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, join } from "node:path";

/**
 * Where Cargo looks for configuration files, the strongest first, whether there are any or not: `.cargo` in `cwd` and
 * each directory above, then Cargo's home. Of two beside each other, `config` is read and `config.toml` is not.
 * https://doc.rust-lang.org/1.95.0/cargo/reference/config.html#hierarchical-structure
 */
export function configFilePlaces(cwd: string, cargoHome: string | undefined): readonly string[] {
  const directories = [
    ...directoriesUpward(cwd).map((each) => join(each, ".cargo")),
    ...(cargoHome === undefined ? [] : [cargoHome]),
  ];
  return [...new Set(directories)].flatMap((each) => [join(each, "config"), join(each, "config.toml")]);
}

/** A directory and all above it, up to `/`. */
export function directoriesUpward(start: string): readonly string[] {
  const parent = dirname(start);
  return parent === start ? [start] : [start, ...directoriesUpward(parent)];
}
