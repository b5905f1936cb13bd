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

/** Fingerprints as they would be at a place that is nobody's: the hash of a path lets guess whether it is some path. */
export class NeutralFingerprints {
  /** By all names of the fingerprints. */
  readonly #entries: ReadonlyMap<string, ReplayEntry>;
  readonly #known = new Map<ReplayEntry, StoredFingerprint | undefined>();

  /** @param entries of all units whose fingerprints may be asked for, and of all that those stand on */
  constructor(entries: readonly ReplayEntry[]) {
    const named = entries.flatMap((entry) =>
      namesOf(entry.fingerprint).map((name) => [name, entry] as const),
    );
    this.#entries = new Map(named);
  }

  /** Undefined if what it stands on was not given, or if Cargo's hash cannot be computed. */
  of(entry: ReplayEntry): StoredFingerprint | undefined {
    if (this.#known.has(entry)) return this.#known.get(entry);
    this.#known.set(entry, undefined); // a circle, which there is none
    const fingerprint = this.#make(entry);
    this.#known.set(entry, fingerprint);
    return fingerprint;
  }

  #make({ fingerprint, call }: ReplayEntry): StoredFingerprint | undefined {
    const placed = parseFingerprint(fingerprint.json);
    const expanded = parseFingerprint(expandText(fingerprint.json, NOWHERE));
    if (!fingerprint.reproduced || placed === undefined || expanded === undefined) return undefined;
    const source = sourceOf(call);
    const changes = {
      deps: this.#namesBelow(placed),
      ...(source !== undefined && { path: pathHash(source) }),
      reroot: { path: (path: string) => path },
    };
    const [there, named] = [placed, expanded].map((each) => rewriteFingerprint(hashed(each), changes));
    if (there?.ok !== true || named?.ok !== true) return undefined;
    const { name, directory, files, reproduced } = fingerprint;
    const json = fingerprintText(there.fingerprint);
    return { name, directory, files, reproduced, hash: named.fingerprint.hash, json };
  }

  #namesBelow({ deps }: Fingerprint): ReadonlyMap<FingerprintHash, FingerprintHash> {
    const names = new Map<FingerprintHash, FingerprintHash>();
    for (const { hash } of deps) {
      const below = this.#entries.get(hash);
      const name = below === undefined ? undefined : this.of(below)?.hash;
      if (name !== undefined && isFingerprintHash(name)) names.set(hash, name);
    }
    return names;
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
