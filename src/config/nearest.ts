// SPDX-License-Identifier: MIT OR Apache-2.0

/** Longer names are not compared: nobody mistypes those. */
const LONGEST_NAME = 64;

/** The one of `names` that `name` was probably meant to be; undefined if none is near. */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    if (candidate.length > LONGEST_NAME) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

const PREFIX = "CARGOGREEN_";

/**
 * The one of our variables that `name` was probably meant to be, which may be a setting's key. What all have in front
 * is not compared, as all would be alike by it.
 */
export function nearestVariable(name: string, variables: Iterable<string>): string | undefined {
  const own = new Map([...variables].map((variable) => [bareName(variable), variable]));
  const near = nearestName(bareName(name), own.keys());
  return near === undefined ? undefined : own.get(near);
}

function bareName(name: string): string {
  const upper = name.toUpperCase().replaceAll(/[-.]/g, "_");
  return upper.startsWith(PREFIX) ? upper.slice(PREFIX.length) : upper;
}

/** Insertions, deletions, replacements and swaps of neighbours (Damerau-Levenshtein, optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (older[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    [older, old] = [old, row];
  }
  return old[b.length] ?? 0;
}
