// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findOtherWrapper } from "../cargo/wrapper-settings.ts";
import { cargoHomeOf } from "../config/places.ts";
import { readJournal } from "../setup/journal.ts";
import { wrapperPath } from "../setup/wrapper.ts";
import { type Check, type Finding, reasonOf } from "./finding.ts";

/** Whether plain Cargo uses us, or another wrapper. `shim`: the one that builds of this version use. */
export function checkWrappers(shim: string): Check {
  return async ({ env, cwd }) => {
    const other = findOtherWrapper(env, cwd);
    const cargoHome = cargoHomeOf(env, cwd);
    const plain: readonly Finding[] = cargoHome === undefined ? [] : [plainCargo(cargoHome, shim)];
    if (other === undefined) return plain;
    const says = `plain cargo uses the compiler wrapper "${other.program}" (${other.setBy}); \`cargo green\` takes its place`;
    return [{ check: "other-wrapper", status: "note", says }, ...plain];
  };
}

function plainCargo(cargoHome: string, shim: string): Finding {
  const check = "plain-cargo";
  try {
    if (readJournal(cargoHome) === undefined) {
      return {
        check,
        status: "note",
        says: "plain cargo does not use the cache; `cargo green setup` changes that",
      };
    }
  } catch (thrown) {
    return { check, status: "warning", says: reasonOf(thrown), todo: "run `cargo green setup` again" };
  }
  const wrapper = wrapperPath(cargoHome, shim);
  if (!existsSync(wrapper)) {
    const says = `plain cargo cannot compile: its wrapper "${wrapper}" is gone`;
    return { check, status: "problem", says, todo: "run `cargo green setup`, or `cargo green setup --undo`" };
  }
  if (sidecar(wrapper) !== sidecar(shim)) {
    const says = "plain cargo uses the wrapper of another version of cargo-green";
    return { check, status: "warning", says, todo: "run `cargo green setup` again" };
  }
  return { check, status: "ok", says: "plain cargo and rust-analyzer use the cache" };
}

function sidecar(shim: string): string | undefined {
  try {
    return readFileSync(join(dirname(shim), "broker"), "utf8");
  } catch {
    return undefined;
  }
}
