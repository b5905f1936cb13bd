// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Why a unit is not taken in. `not-built`: the directory does not have it; `otherwise`: it has it, but of another
 * compiler, profile or other flags; `changed`: something that it was made from, or it itself, is newer;
 * `dependency`: what it was made against is not taken in; `uncacheable`: the cache keeps none like it; `unproven`:
 * nobody can say any more what it was made from.
 */
export type LeftKind = "not-built" | "otherwise" | "changed" | "dependency" | "uncacheable" | "unproven";

/** A unit that stays where it is. */
export interface Left {
  readonly left: LeftKind;
  /** As the end of a sentence. */
  readonly reason: string;
}

export function left(kind: LeftKind, reason: string): Left {
  return { left: kind, reason };
}

/** Of what depends on the system that it was built on. */
export const COPIED = "its directory was copied, perhaps from another system";
