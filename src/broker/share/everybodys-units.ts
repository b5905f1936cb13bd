// SPDX-License-Identifier: MIT OR Apache-2.0
import { lockedIdentity } from "../../cargo/package.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId } from "../../unit/digest.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { isPublicPackage, type SharedPackage } from "./public-packages.ts";

/**
 * Of the units that a remote has to which everybody may have written, those that are taken, whatever they call
 * themselves: of packages of this lockfile that are public here, made against such alone. What a unit was made of is in
 * its key, which was computed from its inputs; so none that is taken can be used in place of one that is private here.
 *
 * @param units all that came together: they may have been made against each other
 * @param store where else what they were made against may be
 */
export function everybodysUnits(
  units: readonly PackedUnit[],
  packages: readonly SharedPackage[],
  lists: Pick<PublicLists, "publicRegistries" | "publicGit">,
  store: Pick<UnitStore, "byInstance">,
): readonly PackedUnit[] {
  const [registries, commits] = [new Set<string>(), new Set<string>()];
  for (const each of packages) {
    const identity = isPublicPackage(each, lists) ? lockedIdentity(each) : undefined;
    if (identity !== undefined) (identity.startsWith("git ") ? commits : registries).add(identity);
  }
  const isOfPublicPackage = ({ inputs }: UnitRecord) => {
    const identity = inputs["package"] ?? "";
    return registries.has(identity) || commits.has(identity.split(" ", 2).join(" "));
  };
  const came = new Map(units.map(({ record }) => [record.instance, record]));
  const known = new Map<InstanceId, boolean>();
  const isEverybodys = (record: UnitRecord | undefined): boolean => {
    if (record === undefined) return false;
    const seen = known.get(record.instance);
    if (seen !== undefined) return seen;
    known.set(record.instance, false); // a circle, which there is none
    const below = record.dependencies.map((each) => came.get(each) ?? store.byInstance(each));
    const result = isOfPublicPackage(record) && below.every(isEverybodys);
    known.set(record.instance, result);
    return result;
  };
  return units.filter(({ record }) => record.privacy.class === "public" && isEverybodys(record));
}

/**
 * The same where there is no lockfile to say which packages are public here: of crates.io alone, by what is in the key
 * rather than by what a record calls itself.
 */
export function isOfCratesIo({ record: { privacy, inputs } }: PackedUnit): boolean {
  return privacy.class === "public" && (inputs["package"] ?? "").startsWith("crates-io ");
}
