// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import type { UnitGraph } from "../../cargo/unit-graph.ts";
import type { StoredReplay } from "../../store/store.ts";
import type { InstanceId, PlanKey } from "../../unit/digest.ts";
import { isAdopted, type RecordChoice } from "../unit-life.ts";
import type { StoredCall } from "./call.ts";
import { decodeEntry, type ReplayEntry } from "./entry.ts";

/** A result that may be right for a unit. */
export interface Candidate {
  readonly instance: InstanceId;
  readonly entry: ReplayEntry;
  /** `release`, `<triple>/debug`: what is above the directories that Cargo has for it. */
  readonly profile: string;
}

/** What the store has for plan keys, the last used first; without what an earlier version of us put there. */
export function readCandidates(
  replays: ReadonlyMap<PlanKey, readonly StoredReplay[]>,
): ReadonlyMap<PlanKey, readonly Candidate[]> {
  const candidates = new Map<PlanKey, readonly Candidate[]>();
  for (const [key, stored] of replays) {
    const known = stored.flatMap(({ instance, entry: text }) => {
      const entry = decodeEntry(text);
      return entry === undefined ? [] : [{ instance, entry, profile: profileOf(entry) }];
    });
    if (known.length > 0) candidates.set(key, known);
  }
  return candidates;
}

/** Those of units of which, and of all below which, there is something: the others cannot be laid down. */
export function completeOf(
  { units }: UnitGraph,
  keys: readonly PlanKey[],
  candidates: ReadonlyMap<PlanKey, readonly Candidate[]>,
): readonly (readonly Candidate[])[] {
  const known: (boolean | undefined)[] = [];
  const isComplete = (at: number): boolean => {
    const key = keys[at];
    const complete =
      known[at] ??
      (key !== undefined &&
        candidates.has(key) &&
        (units[at]?.dependencies.every(({ index }) => isComplete(index)) ?? false));
    known[at] = complete;
    return complete;
  };
  return keys.flatMap((key, at) => {
    const each = candidates.get(key);
    return each !== undefined && isComplete(at) ? [each] : [];
  });
}

/** How Cargo may call the compiler, each once. */
export function callsOf(candidates: readonly Candidate[]): readonly StoredCall[] {
  const calls = candidates.map(({ entry }) => entry.call);
  if (calls.length === 1) return calls; // mostly so, and they are long
  return [...new Map(calls.map((call) => [JSON.stringify(call), call])).values()];
}

/**
 * One choice for all units: results of one kind stand on results of that kind. An adopted target directory shares
 * some units with others that we compiled, which no unit of its own was made against.
 */
export function preferredOf(candidates: ReadonlyMap<PlanKey, readonly Candidate[]>): RecordChoice {
  let balance = 0;
  for (const each of candidates.values()) {
    if (each.some(({ entry }) => isAdopted(entry.result))) balance += 1;
    if (each.some(({ entry }) => !isAdopted(entry.result))) balance -= 1;
  }
  return balance > 0 ? "adopted" : "compiled";
}

/** By this file's content Cargo goes. */
export function hashFileOf({ fingerprint }: ReplayEntry, target: string): string {
  return join(target, fingerprint.directory, fingerprint.name);
}

function profileOf({ fingerprint: { directory } }: ReplayEntry): string {
  return /^(.+?)\/(?:\.fingerprint|build)\//.exec(directory)?.[1] ?? directory;
}
