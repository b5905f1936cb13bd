// SPDX-License-Identifier: MIT OR Apache-2.0
import { indexLockfile, type LockedPackage } from "../../cargo/lockfile.ts";
import { isCratesIo } from "../../cargo/package.ts";
import { lockedPackageOf } from "../../cargo/package-id.ts";
import { isListedSource } from "../../cargo/public-source.ts";
import { isStandardTriple } from "../../cargo/rustc-names.ts";
import { isStandardProfile } from "../../cargo/standard-profile.ts";
import type { UnitGraph } from "../../cargo/unit-graph.ts";
import type { PlanKey } from "../../unit/digest.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import type { CargoConfig } from "../replay/cargo-config.ts";
import { wordsIn } from "../replay/toml-keys.ts";

/** A locked package as far as sharing is concerned. */
export interface SharedPackage extends LockedPackage {
  /** Of crates.io's packages: what Cargo is told to ask in its place, a URL if it has one. Absent: crates.io itself. */
  readonly mirror?: string;
}

/** Packages with what Cargo's configuration has in crates.io's place: it may hold others, and Cargo.lock tells no difference. */
export function withMirror(
  packages: readonly LockedPackage[],
  config: Pick<CargoConfig, "values">,
): readonly SharedPackage[] {
  let name = "crates-io";
  let isReplaced = false;
  for (let depth = 0; depth < MAX_REPLACEMENTS; depth++) {
    const [next] = config.values("source", name, "replace-with").flatMap(wordsIn);
    if (next === undefined) break;
    [name, isReplaced] = [next, true];
  }
  if (!isReplaced) return packages;
  const [url = name] = ["source", "registries"].flatMap((table) =>
    config.values(table, name, table === "source" ? "registry" : "index").flatMap(wordsIn),
  );
  return packages.map((each) => (isCratesIo(each.source ?? "") ? { ...each, mirror: url } : each));
}

/** Sources that are replaced by others that are replaced: Cargo allows it, and no circle. */
const MAX_REPLACEMENTS = 10;

/** True for a locked package that everybody can have: its name may be told to a public remote. */
export function isPublicPackage(
  { source, checksum, mirror }: SharedPackage,
  { publicRegistries, publicGit }: Pick<PublicLists, "publicRegistries" | "publicGit">,
): boolean {
  if (source === undefined) return false;
  if (source.startsWith("git+")) return source.includes("#") && isListedSource(source, publicGit);
  if (checksum === undefined) return false;
  const place = isCratesIo(source) ? mirror : source;
  return place === undefined || isListedSource(place, publicRegistries);
}

/** Those that are public, and so is all that they stand on, at any depth, as far as Cargo.lock knows. */
export function publicClosure<T extends SharedPackage>(
  packages: readonly T[],
  lists: Pick<PublicLists, "publicRegistries" | "publicGit">,
): ReadonlySet<T> {
  const byName = Map.groupBy(packages, ({ name }) => name);
  const known = new Map<T, boolean>();
  const isPublic = (each: T): boolean => {
    const seen = known.get(each);
    if (seen !== undefined) return seen;
    known.set(each, true); // packages may stand on themselves by way of their tests
    const below = (each.dependencies ?? []).flatMap((text) => {
      const [name = "", version] = text.split(" ");
      return (byName.get(name) ?? []).filter((other) => version === undefined || other.version === version);
    });
    const result = isPublicPackage(each, lists) && below.every(isPublic);
    known.set(each, result);
    return result;
  };
  return new Set(packages.filter(isPublic));
}

/** Plans of units that are made of public packages alone, at any depth: what a public remote may be asked for. */
export function publicPlans(
  { units }: UnitGraph,
  keys: readonly PlanKey[],
  packages: readonly SharedPackage[],
  lists: Pick<PublicLists, "publicRegistries" | "publicGit">,
): ReadonlySet<PlanKey> {
  const lock = indexLockfile(packages);
  const known: (boolean | undefined)[] = [];
  const isPublic = (at: number): boolean => {
    const seen = known[at];
    if (seen !== undefined) return seen;
    known[at] = false; // a circle, which graphs have not
    const unit = units[at];
    const locked = unit === undefined ? undefined : lockedPackageOf(unit.packageId, lock);
    const result =
      unit !== undefined &&
      (unit.platform === undefined || isStandardTriple(unit.platform)) &&
      isStandardProfile(unit.profile.name) &&
      locked !== undefined &&
      isPublicPackage(locked, lists) &&
      unit.dependencies.every(({ index }) => isPublic(index));
    known[at] = result;
    return result;
  };
  return new Set(keys.filter((_, at) => isPublic(at)));
}
