// SPDX-License-Identifier: MIT OR Apache-2.0
import { isStandardTriple } from "../../cargo/rustc-names.ts";
import { isStandardCompiler } from "../../cargo/standard-compiler.ts";
import { isStandardProfile } from "../../cargo/standard-profile.ts";
import type { PackScope } from "../../remote/format/tag.ts";

/** True if everybody may know that somebody builds so: profile, target and compiler are Cargo's and Rust's own. */
export function isEverybodysScope({
  profile,
  triple,
  rustcVersion,
}: Pick<PackScope, "profile" | "triple" | "rustcVersion">): boolean {
  return isStandardProfile(profile) && isStandardTriple(triple) && isStandardCompiler(rustcVersion);
}
