// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";

/** A unit, as far as sharing a layer is concerned. */
export interface Groupable {
  readonly package: string;
  /** Names a result; groups are in its order. */
  readonly instance: string;
  /** Bytes of all its files. */
  readonly size: number;
  /** Paths in the layer: one of them can be there only once. */
  readonly paths: readonly string[];
}

/** Units from this size on have a layer of their own, which other packs with the same result share. */
const LARGE = 4 * 1024 * 1024; // 4 MiB
/** Small units share layers of about this size: as many as are worth fetching at once. */
const SHARED = 16 * 1024 * 1024; // 16 MiB
/** A pack has at least so many units for each layer of either sort, so that requests grow slower than units. */
const UNITS_PER_LAYER = 16;

/**
 * Which units share a layer. Depends on the units alone, not on their order; a change of one package changes one
 * shared layer, as the package's name says which one it is in.
 */
export function groupUnits<T extends Groupable>(units: readonly T[]): readonly (readonly T[])[] {
  const most = Math.max(1, Math.floor(units.length / UNITS_PER_LAYER));
  const bySize = units.filter(({ size }) => size >= LARGE).sort((a, b) => b.size - a.size || order(a, b));
  const large = new Set(bySize.slice(0, most));
  const small = units.filter((unit) => !large.has(unit)).sort(order);
  const wanted = Math.ceil(small.reduce((sum, { size }) => sum + size, 0) / SHARED);
  const count = 2 ** Math.floor(Math.log2(Math.max(1, Math.min(wanted, most))));
  const shared = Array.from({ length: count }, (): T[] => []);
  const alone = [...large].sort(order).map((unit) => [unit]);
  const taken = shared.map(() => new Set<string>());
  for (const unit of small) {
    const at = hash("sha256", unit.package, "buffer").readUInt32BE() % count;
    const paths = taken[at];
    // Another result of a unit that is in this layer already.
    if (paths === undefined || unit.paths.some((path) => paths.has(path))) alone.push([unit]);
    else {
      for (const path of unit.paths) paths.add(path);
      shared[at]?.push(unit);
    }
  }
  return [...alone, ...shared.filter(({ length }) => length > 0)];
}

function order(a: Groupable, b: Groupable): number {
  if (a.package !== b.package) return a.package < b.package ? -1 : 1;
  return a.instance < b.instance ? -1 : 1;
}
