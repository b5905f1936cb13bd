// SPDX-License-Identifier: MIT OR Apache-2.0
import type { LockIndex } from "../../cargo/lockfile.ts";
import { lockedPackageOf } from "../../cargo/package-id.ts";
import { normaliseText, type PathRoots } from "../../cargo/roots.ts";
import type { GraphProfile, GraphUnit, UnitGraph } from "../../cargo/unit-graph.ts";
import { digestOf, type PlanKey } from "../../unit/digest.ts";
import { checkedTwins } from "./checked-twins.ts";

/** Changes whenever the same graph gets other plan keys, or the entries that they lead to another meaning. */
const PLAN_SCHEMA = 2;

/** What decides, beside the graph, how Cargo will call the compiler. */
export interface PlanBasis {
  /** The same for all units: compilers, Cargo's configuration and variables, our own settings. */
  readonly common: readonly string[];
  /** What compiles the members of the workspace: Cargo lets `clippy` and alike have no others. */
  readonly memberCompiler: string;
  /** Arguments for the requested units alone: those of `cargo rustc -- …`. */
  readonly rootArguments: readonly string[];
  /** The build's places. */
  readonly roots: PathRoots;
  /** Of the workspace's Cargo.lock. */
  readonly lock: LockIndex;
}

/**
 * One key for each unit of a graph, by position, made of what Cargo will do with it and, from the bottom up, with all
 * that it depends on. It says nothing of the contents of path packages: it leads to results whose own key decides.
 */
export function planKeys({ units, roots: requested }: UnitGraph, basis: PlanBasis): readonly PlanKey[] {
  const keys: PlanKey[] = [];
  // As text within text: a key is of JSON, and what is in it more than once is made once.
  const common = JSON.stringify(JSON.stringify([PLAN_SCHEMA, ...basis.common]));
  const asked = new Set(requested);
  const twins = checkedTwins(units);
  const keyOf = (at: number): PlanKey => {
    const known = keys[at];
    if (known !== undefined) return known;
    const unit = units[at];
    if (unit === undefined) throw new TypeError(`the graph has no unit ${at}`);
    const below = unit.dependencies
      .map((dependency) =>
        JSON.stringify([
          dependency.externCrateName,
          dependency.public,
          dependency.noprelude,
          dependency.nounused,
          dependency.others,
          keyOf(dependency.index),
        ]),
      )
      .sort();
    const own = JSON.stringify(facts(unit, basis));
    const twin = JSON.stringify(twins.get(at) ?? null);
    const asArguments = JSON.stringify(asked.has(at) ? basis.rootArguments : []);
    const key = digestOf(
      `[${common},${own},${twin},${asArguments},[${below.join(",")}]]`,
    ) as string as PlanKey;
    keys[at] = key;
    return key;
  };
  return units.map((_, at) => keyOf(at));
}

function facts(
  { packageId, target, profile, platform, mode, features, isStd, others }: GraphUnit,
  basis: PlanBasis,
) {
  const { name, version, source } = packageId;
  const place = (path: string) => normaliseText(path, basis.roots);
  const locked = lockedPackageOf(packageId, basis.lock);
  return [
    [name, version, source.kind === "path" ? place(source.directory) : source.source],
    source.kind === "path" ? basis.memberCompiler : null,
    [locked?.source, locked?.checksum],
    [target.kind, target.crateTypes, target.name, place(target.srcPath), target.edition, target.others],
    [target.test, target.doctest, target.doc, target.requiredFeatures],
    withoutShared(profile),
    platform === undefined ? null : place(platform),
    mode,
    features,
    isStd,
    others,
  ];
}

/**
 * Built into the same directory as the profile that they inherit from, under the same file names: a dependency of a
 * test is what a build of the library made (cargo 1.95, `ProfileMaker` and `Profiles::get_dir_name`).
 */
const SHARED_PROFILES: ReadonlyMap<string, string> = new Map([
  ["test", "dev"],
  ["bench", "release"],
]);

/** A profile's facts, its name only where that makes a difference. */
function withoutShared({ name, json }: GraphProfile): string {
  const shared = SHARED_PROFILES.get(name);
  return shared === undefined ? json : json.replace(`"name":"${name}"`, `"name":"${shared}"`);
}
