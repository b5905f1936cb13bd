// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import type { FingerprintHash } from "../../cargo/fingerprint/fingerprint-hash.ts";
import { primaryOutputs } from "../../cargo/rustc-outputs.ts";
import type { AskedShape } from "./asked-shape.ts";
import type { BuiltUnit } from "./built-unit.ts";
import type { Left } from "./left.ts";

/** One of a build's units, as far as others depend on it. */
export interface Neighbour {
  readonly shape: AskedShape;
  readonly built: BuiltUnit | Left;
}

/** The units of a build by what tells them apart. */
export interface Neighbours {
  /** By any file that is compiled against. */
  at(path: string): Neighbour | undefined;
  /** Those that were built in the user's directories; several may have the same one. */
  withFingerprint(hash: FingerprintHash): readonly (Neighbour & { readonly built: BuiltUnit })[];
}

export function neighboursOf(units: readonly Neighbour[]): Neighbours {
  const byPath = new Map<string, Neighbour>();
  const byHash = new Map<FingerprintHash, (Neighbour & { readonly built: BuiltUnit })[]>();
  for (const unit of units) {
    const { shape, built } = unit;
    if (shape.kind === "compile") {
      for (const name of primaryOutputs(shape.parsed)) byPath.set(join(shape.place, name), unit);
    }
    if ("left" in built) continue;
    const { hash } = built.fingerprint;
    byHash.set(hash, [...(byHash.get(hash) ?? []), { ...unit, built }]);
  }
  return { at: (path) => byPath.get(path), withFingerprint: (hash) => byHash.get(hash) ?? [] };
}
