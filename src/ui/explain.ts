// SPDX-License-Identifier: MIT OR Apache-2.0
import satisfies from "semver/functions/satisfies.js";
import type { BuildLog, BuildLogUnit } from "../store/build-log.ts";
import type { Selector } from "../store/selection.ts";
import type { BuildHistory } from "../store/store.ts";
import type { Inputs, UnitIdentity } from "../unit/record.ts";

/** One input that differs; a side is missing where the input is. */
export interface Change {
  readonly label: string;
  readonly old?: string;
  readonly new?: string;
}

/** Why units were compiled. */
export type Cause =
  /** Inputs differ from the nearest record's; what follows from changed dependencies is left out. */
  | { readonly kind: "changed"; readonly changes: readonly Change[] }
  /** Nothing of their own changed, but units below them did. */
  | { readonly kind: "dependencies"; readonly changes: readonly Change[] }
  /** No record of this crate, kind and target. */
  | { readonly kind: "new" }
  /** Equal inputs were recorded once, and the record is gone or did not fit. */
  | { readonly kind: "gone" }
  /** Such units are never kept. */
  | { readonly kind: "uncached"; readonly reason: string };

/** Units that were compiled for the same reason; the first stands for the others. */
export interface Group {
  readonly cause: Cause;
  readonly units: readonly [UnitIdentity, ...UnitIdentity[]];
}

export interface Explanation {
  /** How many units of the build were asked about. */
  readonly units: number;
  readonly restored: readonly UnitIdentity[];
  /** Own causes first, then what follows from them. */
  readonly groups: readonly Group[];
}

const DEPENDENCY = "dependency ";
/** Hashes that Cargo makes of other inputs: they say nothing beside those. */
const DERIVED = new Set(["-C metadata", "-C extra-filename"]);
const LAST: readonly Cause["kind"][] = ["changed", "new", "gone", "dependencies", "uncached"];

/** Compares each unit of a build that was compiled with its nearest record. */
export function explainBuild(
  build: BuildLog,
  history: Pick<BuildHistory, "nearest">,
  selector?: Selector,
): Explanation {
  const units = build.units.filter((unit) => selector === undefined || isMeant(unit, selector));
  const groups = new Map<string, [UnitIdentity, ...UnitIdentity[]]>();
  const causes = new Map<string, Cause>();
  for (const unit of units) {
    if (isFromCache(unit)) continue;
    const cause = causeOf(unit, build, history);
    // Whose dependencies changed is one group, whichever dependencies they are.
    const name = cause.kind === "dependencies" ? cause.kind : JSON.stringify(cause);
    const group = groups.get(name);
    if (group === undefined) {
      groups.set(name, [unit.identity]);
      causes.set(name, cause);
    } else group.push(unit.identity);
  }
  const found = [...groups].flatMap(([name, members]) => {
    const cause = causes.get(name);
    return cause === undefined ? [] : [{ cause, units: members }];
  });
  return {
    units: units.length,
    restored: units.filter(isFromCache).map((unit) => unit.identity),
    groups: found.sort((a, b) => LAST.indexOf(a.cause.kind) - LAST.indexOf(b.cause.kind)),
  };
}

function isFromCache({ outcome }: BuildLogUnit): boolean {
  return outcome === "restored" || outcome === "replayed";
}

function causeOf(unit: BuildLogUnit, build: BuildLog, history: Pick<BuildHistory, "nearest">): Cause {
  if (unit.outcome === "uncached" && unit.reason !== undefined)
    return { kind: "uncached", reason: unit.reason };
  if (unit.inputs === undefined) return { kind: "new" };
  const options = { before: build.started, ...(unit.key !== undefined && { excludeKey: unit.key }) };
  const nearest = history.nearest(unit.identity, unit.inputs, options);
  if (nearest === undefined) return { kind: "new" };
  const changes = changesOf(nearest.inputs, unit.inputs);
  const own = changes.filter(({ label }) => !label.startsWith(DEPENDENCY));
  const causes = own.filter(({ label }) => !DERIVED.has(label));
  if (own.length > 0) return { kind: "changed", changes: causes.length > 0 ? causes : own };
  return changes.length > 0 ? { kind: "dependencies", changes } : { kind: "gone" };
}

/** The inputs that differ, by label: what a person sets before what files contain. */
export function changesOf(old: Inputs, now: Inputs): readonly Change[] {
  const labels = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (label) => old[label] !== now[label],
  );
  return labels
    .sort((a, b) => Number(a.startsWith("file ")) - Number(b.startsWith("file ")) || (a < b ? -1 : 1))
    .map((label) => {
      const before = old[label];
      const after = now[label];
      return {
        label,
        ...(before !== undefined && { old: before }),
        ...(after !== undefined && { new: after }),
      };
    });
}

function isMeant(unit: BuildLogUnit, selector: Selector): boolean {
  if (selector.by === "key") return unit.key?.startsWith(selector.prefix) ?? false;
  const { package: name, version } = unit.identity;
  if (name !== selector.name) return false;
  return selector.version === undefined || satisfies(version, selector.version, { includePrerelease: true });
}
