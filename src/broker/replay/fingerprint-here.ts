// SPDX-License-Identifier: MIT OR Apache-2.0
import { hashFingerprint, parseFingerprint } from "../../cargo/fingerprint/fingerprint.ts";
import {
  type FingerprintHash,
  hashToU64,
  isFingerprintHash,
} from "../../cargo/fingerprint/fingerprint-hash.ts";
import { fingerprintText, rewriteFingerprint } from "../../cargo/fingerprint/rewrite-fingerprint.ts";
import { expandText, type PathRoots } from "../../cargo/roots.ts";
import type { StoredFingerprint } from "./entry.ts";

/** What Cargo would write beside a unit here. */
export interface FingerprintHere {
  readonly hash: string;
  /** latin1 */
  readonly json: string;
}

export interface Surroundings {
  /** `pathHash` of the root source file as Cargo names it here. */
  readonly path: bigint;
  /** Of the dependencies: the hash as it was stored, and the one that is in place. */
  readonly dependencies: readonly { readonly stored: string; readonly here: string }[];
  /** In latin1. */
  readonly roots: PathRoots;
}

/**
 * A stored fingerprint for this place: the same where nothing in it is another, else with new hashes from the bottom
 * up. Undefined if Cargo would compute one that we cannot. One of a Cargo whose hashes we do not know is for the checkout
 * that it was made in (`onlyIn`); should something else be another there, Cargo builds the unit.
 */
export function fingerprintHere(
  { hash, json, reproduced }: StoredFingerprint,
  { path, dependencies, roots }: Surroundings,
): FingerprintHere | undefined {
  const text = expandText(json, roots);
  if (!reproduced) return areInPlace(json, dependencies) ? { hash, json: text } : undefined;
  if (text === json && hasPath(json, path) && areInPlace(json, dependencies)) return { hash, json };
  const fingerprint = parseFingerprint(text);
  if (fingerprint === undefined) return undefined;
  const known = dependencies.filter(
    ({ stored, here }) => isFingerprintHash(stored) && isFingerprintHash(here),
  );
  const deps = new Map(known.map(({ stored, here }) => [stored as FingerprintHash, here as FingerprintHash]));
  const rewritten = rewriteFingerprint(
    { ...fingerprint, hash: hashFingerprint(fingerprint) },
    { path, deps, reroot: { path: (each) => each } },
  );
  if (!rewritten.ok) return undefined;
  return { hash: rewritten.fingerprint.hash, json: fingerprintText(rewritten.fingerprint) };
}

const PATH = /"path":(\d+)/;
/** An edge to a unit below: package id, name, whether it is public, hash. */
const EDGE = /\[\d+,"[^"\\]*",(?:true|false),(\d+)\]/g;

function hasPath(json: string, path: bigint): boolean {
  const stored = PATH.exec(json)?.[1];
  return stored === "0" || stored === String(path);
}

/** True if the very hashes that are stored of the units below are in place. */
function areInPlace(json: string, dependencies: Surroundings["dependencies"]): boolean {
  const inPlace = new Set(
    dependencies.flatMap(({ here }) => (isFingerprintHash(here) ? [String(hashToU64(here))] : [])),
  );
  return [...json.matchAll(EDGE)].every(([, edge = ""]) => inPlace.has(edge));
}
