// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ConfiguredWrapper, findWrapper, isShim } from "../cargo/wrapper-settings.ts";
import { cargoHomeOf } from "../config/places.ts";
import { readJournal } from "../setup/journal.ts";
import { type Check, type Finding, reasonOf } from "./finding.ts";

/** Whether plain Cargo uses us, or another wrapper. `shim`: the one that builds of this version use. */
export function checkWrappers(shim: string): Check {
  return async ({ env, cwd }) => {
    const wrapper = findWrapper(env, cwd);
    if (wrapper !== undefined && isShim(wrapper)) return [ownWrapper(wrapper, shim)];
    const cargoHome = cargoHomeOf(env, cwd);
    const plain = cargoHome === undefined ? [] : [withoutUs(cargoHome)];
    if (wrapper === undefined) return plain;
    const says = `plain cargo uses the compiler wrapper "${wrapper.program}" (${wrapper.setBy}); \`cargo green\` takes its place`;
    return [{ check: "other-wrapper", status: "note", says }, ...plain];
  };
}

function ownWrapper({ program, setBy }: ConfiguredWrapper, shim: string): Finding {
  const check = "plain-cargo";
  if (!existsSync(program)) {
    const says = `plain cargo cannot compile: its wrapper "${program}" (${setBy}) is gone`;
    return { check, status: "problem", says, todo: "run `cargo green setup`, or `cargo green setup --undo`" };
  }
  if (sidecar(program) !== sidecar(shim)) {
    const says = "plain cargo uses the wrapper of another version of cargo-green";
    return { check, status: "warning", says, todo: "run `cargo green setup` again" };
  }
  return { check, status: "ok", says: `plain cargo and rust-analyzer use the cache (${setBy})` };
}

function withoutUs(cargoHome: string): Finding {
  const check = "plain-cargo";
  try {
    if (readJournal(cargoHome) !== undefined) {
      const says = "plain cargo does not use the cache, although `cargo green setup` was run";
      return { check, status: "warning", says, todo: "run `cargo green setup` again, or `setup --undo`" };
    }
  } catch (thrown) {
    return { check, status: "warning", says: reasonOf(thrown), todo: "run `cargo green setup` again" };
  }
  const says = "plain cargo does not use the cache; `cargo green setup` changes that";
  return { check, status: "note", says };
}

function sidecar(shim: string): string | undefined {
  try {
    return readFileSync(join(dirname(shim), "broker"), "utf8");
  } catch {
    return undefined;
  }
}
