// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitIdentity } from "../unit/record.ts";

/** What a unit is, in few words: `lib`, `bin rg`, `test cli`, `build script`, `build script run`; with `check` if it is one. */
export function kindText(identity: Pick<UnitIdentity, "kind" | "target" | "mode">): string {
  const { kind, target, mode } = identity;
  const suffix = mode === "build" ? "" : ` ${mode}`;
  switch (kind) {
    case "bin":
    case "test":
      return `${kind} ${target}${suffix}`;
    case "build-script":
      return `build script${suffix}`;
    case "build-script-run":
      return "build script run";
    case "lib":
    case "proc-macro":
      return `${kind}${suffix}`;
  }
}

/** `ripgrep 15.1.0 (bin rg)`. */
export function unitName(identity: UnitIdentity): string {
  return `${identity.package} ${identity.version} (${kindText(identity)})`;
}
