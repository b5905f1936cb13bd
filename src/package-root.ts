// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { GreenError } from "./error.ts";

/** The directory of this program's package.json, from the bundle in `dist/` as from the sources. */
export function packageRoot(): string {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "package.json"))) return directory;
    if (directory === dirname(directory)) {
      throw new GreenError("internal", `No package.json above "${import.meta.dirname}"`, {
        hint: "install cargo-green again: its files are not where they belong",
      });
    }
  }
}
