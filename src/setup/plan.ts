// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type FileChange, readUserFile } from "./file-change.ts";
import { setTomlValue, type TomlChange, tomlValue } from "./toml-edit.ts";

export interface SetupFacts {
  readonly cargoHome: string;
  /** Path of the shim that plain Cargo is to use. */
  readonly wrapper: string;
  /** The host's triple, if mold is installed; else undefined. */
  readonly moldTarget: string | undefined;
}

/** What setup writes into green.toml where nothing is said yet. */
const GREEN_VALUES: readonly TomlChange[] = [
  { path: ["keep-size"], literal: '"20GB"' },
  { path: ["remap-path-prefix"], literal: "true" },
];

/**
 * The changes that setup suggests: the wrapper for plain Cargo (and rust-analyzer), mold as linker where nobody chose
 * flags, and in green.toml the store's size and remapping where they are not set. Files that are right are left out.
 * @throws GreenError "config" if a file is no TOML
 */
export async function planSetup(facts: SetupFacts): Promise<readonly FileChange[]> {
  const cargo = await planCargo(facts);
  const green = await planGreen(join(facts.cargoHome, "green.toml"));
  return [cargo, green].filter(({ before, after }) => before !== after);
}

/** Cargo reads `config` where both are (https://doc.rust-lang.org/1.95.0/cargo/reference/config.html#hierarchical-structure). */
function cargoConfigFile(cargoHome: string): string {
  const old = join(cargoHome, "config");
  return existsSync(old) ? old : join(cargoHome, "config.toml");
}

async function planCargo({ cargoHome, wrapper, moldTarget }: SetupFacts): Promise<FileChange> {
  const path = cargoConfigFile(cargoHome);
  const before = readUserFile(path);
  let after = before ?? "";
  const set = async (change: TomlChange) => {
    after = await setTomlValue(path, after, change);
  };
  const value = (...keys: string[]) => tomlValue(path, after, keys);
  if ((await value("build", "rustc-wrapper")) !== wrapper) {
    await set({ path: ["build", "rustc-wrapper"], literal: JSON.stringify(wrapper) });
  }
  if (moldTarget !== undefined) {
    // Flags of a target hide those of `build`, so a user who has any is left alone.
    const chosen = [
      await value("build", "rustflags"),
      await value("target", moldTarget, "rustflags"),
      await value("target", moldTarget, "linker"),
    ];
    if (chosen.every((each) => each === undefined)) {
      await set({
        path: ["target", moldTarget, "rustflags"],
        literal: '["-C", "link-arg=-fuse-ld=mold"]',
      });
    }
  }
  return { path, before, after };
}

async function planGreen(path: string): Promise<FileChange> {
  const before = readUserFile(path);
  let after = before ?? "";
  for (const change of GREEN_VALUES) {
    if ((await tomlValue(path, after, change.path)) === undefined) {
      after = await setTomlValue(path, after, change);
    }
  }
  return { path, before, after };
}
