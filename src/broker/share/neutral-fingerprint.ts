// SPDX-License-Identifier: MIT OR Apache-2.0
import { type Fingerprint, hashFingerprint, parseFingerprint } from "../../cargo/fingerprint/fingerprint.ts";
import { type FingerprintHash, isFingerprintHash } from "../../cargo/fingerprint/fingerprint-hash.ts";
import { pathHash } from "../../cargo/fingerprint/path-hash.ts";
import { fingerprintText, rewriteFingerprint } from "../../cargo/fingerprint/rewrite-fingerprint.ts";
import { expandText, makeRoots } from "../../cargo/roots.ts";
import { parseRustcArgv } from "../../cargo/rustc-argv.ts";
import type { StoredCall } from "../replay/call.ts";
import { namesOf, type ReplayEntry, type StoredFingerprint } from "../replay/entry.ts";

/** Where everything lies, as far as what is shared is concerned: CARGO_HOME is where Rust's official images have it. */
const NOWHERE = makeRoots({
  WORKSPACE: "/work",
  TARGET: "/target",
  CARGO_HOME: "/usr/local/cargo",
  SYSROOT: "/usr/local/rust",
  HOME: "/home/user",
});

/**
 * Fingerprints as they would be at a place that is nobody's: the hash of a path tells who knows the path to guess
 * whether it is that one. Give entries from the bottom up: those that a unit stands on first.
 */
export class NeutralFingerprints {
  readonly #names = new Map<FingerprintHash, FingerprintHash>();

  /** Undefined if what it stands on was not given, or if Cargo's hash cannot be computed. */
  of({ fingerprint, call }: ReplayEntry): StoredFingerprint | undefined {
    const placed = parseFingerprint(fingerprint.json);
    const expanded = parseFingerprint(expandText(fingerprint.json, NOWHERE));
    if (!fingerprint.reproduced || placed === undefined || expanded === undefined) return undefined;
    const source = sourceOf(call);
    const changes = {
      deps: this.#names,
      ...(source !== undefined && { path: pathHash(source) }),
      reroot: { path: (path: string) => path },
    };
    const [there, named] = [placed, expanded].map((each) => rewriteFingerprint(hashed(each), changes));
    if (there?.ok !== true || named?.ok !== true) return undefined;
    const { hash } = named.fingerprint;
    for (const name of namesOf(fingerprint)) if (isFingerprintHash(name)) this.#names.set(name, hash);
    const { name, directory, files, reproduced } = fingerprint;
    return { name, directory, files, reproduced, hash, json: fingerprintText(there.fingerprint) };
  }
}

function hashed(fingerprint: Fingerprint) {
  return { ...fingerprint, hash: hashFingerprint(fingerprint) };
}

/** The root source file, if it is named by a place; one in the workspace is named relative to that. */
function sourceOf({ role, argv }: StoredCall): string | undefined {
  if (role === "build-script") return undefined;
  const there = argv.map((arg) => expandText(arg, NOWHERE)); // rustc takes what begins with "@" for a file of arguments
  const parsed = parseRustcArgv(there.slice(role === "rustc" ? 1 : 2));
  return "uncacheable" in parsed || !parsed.input.startsWith("/") ? undefined : parsed.input;
}
