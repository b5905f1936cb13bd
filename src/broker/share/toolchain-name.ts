// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitRecord } from "../../unit/record.ts";

/** Names that rustup gives: https://rust-lang.github.io/rustup/concepts/toolchains.html */
const RUSTUP_NAME =
  /^=?(?:stable|beta|nightly|\d+\.\d+(?:\.\d+)?)(?:-\d{4}-\d{2}-\d{2})?(?:-[a-z0-9_]+(?:-[a-z0-9_]+){1,3})?$/;

/** True if a record tells of a toolchain that somebody linked by a name of their own. */
export function isOwnToolchain({ inputs }: UnitRecord): boolean {
  const name = inputs["env RUSTUP_TOOLCHAIN"];
  return name !== undefined && name !== "(unset)" && !RUSTUP_NAME.test(name);
}
