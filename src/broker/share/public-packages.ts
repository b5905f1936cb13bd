// SPDX-License-Identifier: MIT OR Apache-2.0
import type { LockedPackage, LockIndex } from "../../cargo/lockfile.ts";
import { isCratesIo } from "../../cargo/package.ts";
import { lockedPackageOf } from "../../cargo/package-id.ts";
import { isListedSource } from "../../cargo/public-source.ts";
import type { UnitGraph } from "../../cargo/unit-graph.ts";
import type { PlanKey } from "../../unit/digest.ts";
import type { PublicLists } from "../../unit/privacy.ts";

/** True for a locked package that everybody can have: its name may be told to a public remote. */
export function isPublicPackage(
  { source, checksum }: LockedPackage,
  { publicRegistries, publicGit }: Pick<PublicLists, "publicRegistries" | "publicGit">,
): boolean {
  if (source === undefined) return false;
  if (source.startsWith("git+")) return source.includes("#") && isListedSource(source, publicGit);
  return checksum !== undefined && (isCratesIo(source) || isListedSource(source, publicRegistries));
}

/** Plans of units that are made of public packages alone, at any depth: what a public remote may be asked for. */
export function publicPlans(
  { units }: UnitGraph,
  keys: readonly PlanKey[],
  lock: LockIndex,
  lists: Pick<PublicLists, "publicRegistries" | "publicGit">,
): ReadonlySet<PlanKey> {
  const known: (boolean | undefined)[] = [];
  const isPublic = (at: number): boolean => {
    const seen = known[at];
    if (seen !== undefined) return seen;
    known[at] = false; // a circle, which graphs have not
    const unit = units[at];
    const locked = unit === undefined ? undefined : lockedPackageOf(unit.packageId, lock);
    const result =
      unit !== undefined &&
      locked !== undefined &&
      isPublicPackage(locked, lists) &&
      unit.dependencies.every(({ index }) => isPublic(index));
    known[at] = result;
    return result;
  };
  return new Set(keys.filter((_, at) => isPublic(at)));
}
