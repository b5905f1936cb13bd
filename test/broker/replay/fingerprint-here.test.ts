// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StoredFingerprint } from "../../../src/broker/replay/entry.ts";
import { fingerprintHere, type Surroundings } from "../../../src/broker/replay/fingerprint-here.ts";
import { readFingerprint } from "../../../src/cargo/fingerprint/fingerprint.ts";
import { pathHash } from "../../../src/cargo/fingerprint/path-hash.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";

/** Of a build of ripgrep 15.1.0 by cargo 1.95: a line has a unit's hash file and its JSON. */
const RECORDED = readFileSync(
  join(import.meta.dirname, "../../cargo/fingerprint/fixtures/cargo-1.95.txt"),
  "latin1",
)
  .split("\n")
  .filter(Boolean)
  .map((line) => read(line.slice(17), line.slice(0, 16)));

function read(json: string, hash: string) {
  const result = readFingerprint(json, hash);
  if (!result.ok) throw new Error(result.reason);
  return { json, hash, fingerprint: result.fingerprint };
}

const stored = ({ json, hash }: { json: string; hash: string }, reproduced = true): StoredFingerprint => {
  return { directory: "debug/.fingerprint/x", name: "lib-x", hash, json, reproduced, files: [] };
};
const PLACES = makeRoots({ WORKSPACE: "/work/b", CARGO_HOME: "/home/b/.cargo", HOME: "/home/b" });

/** Where nothing is another than it was. */
function unmoved({ fingerprint }: (typeof RECORDED)[number]): Surroundings {
  return {
    path: fingerprint.path,
    dependencies: fingerprint.deps.map(({ hash }) => ({ stored: hash, here: hash })),
    roots: PLACES,
  };
}

const withDependencies = RECORDED.filter(({ fingerprint }) => fingerprint.deps.length > 1);
const OTHER_HASH = "0123456789abcdef";

describe("a fingerprint for this place", () => {
  it("is the stored one where path and dependencies are the same, reproduced or not", () => {
    for (const each of RECORDED) {
      for (const reproduced of [true, false]) {
        expect(fingerprintHere(stored(each, reproduced), unmoved(each))).toEqual({
          hash: each.hash,
          json: each.json,
        });
      }
    }
  });

  it("has another hash, its own, where the source or a dependency is another; if we can compute hashes", () => {
    expect(withDependencies.length).toBeGreaterThan(2);
    for (const each of withDependencies) {
      const same = unmoved(each);
      const [first, ...rest] = same.dependencies;
      const changes: readonly Surroundings[] = [
        { ...same, path: pathHash("/home/b/.cargo/registry/src/x/lib.rs") },
        { ...same, dependencies: [{ stored: first?.stored ?? "", here: OTHER_HASH }, ...rest] },
      ];
      for (const [change, changed] of changes.entries()) {
        if (change === 0 && each.fingerprint.path === 0n) continue; // a build script's run has none
        const here = fingerprintHere(stored(each), changed);
        expect(here?.hash).not.toBe(each.hash);
        expect(readFingerprint(here?.json ?? "", here?.hash ?? "").ok).toBe(true);
      }
    }
  });

  it("is the stored one, of a Cargo whose hashes are not known, where the dependencies are the same", () => {
    for (const each of withDependencies) {
      const same = unmoved(each);
      const [first, ...rest] = same.dependencies;
      const other = { stored: first?.stored ?? "", here: OTHER_HASH };
      expect(fingerprintHere(stored(each, false), { ...same, path: 0n })?.hash).toBe(each.hash);
      expect(
        fingerprintHere(stored(each, false), { ...same, dependencies: [other, ...rest] }),
      ).toBeUndefined();
    }
  });

  it("comes back when what changed changes back", () => {
    for (const each of withDependencies) {
      const there = {
        ...unmoved(each),
        dependencies: each.fingerprint.deps.map(({ hash }, at) => ({
          stored: hash,
          here: `0123456789abcd${10 + at}`,
        })),
      };
      const moved = fingerprintHere(stored(each), there);
      const back = fingerprintHere(stored({ hash: moved?.hash ?? "", json: moved?.json ?? "" }), {
        ...there,
        dependencies: there.dependencies.map((dep) => ({ stored: dep.here, here: dep.stored })),
      });
      expect(back).toEqual({ hash: each.hash, json: each.json });
    }
  });

  it("has this place's paths where it holds some", () => {
    const run = RECORDED.find(({ json }) => json.includes('"RerunIfChanged"') && json.includes('"build.rs"'));
    const json = run?.json.replace('"build.rs"', '"@@green:WORKSPACE@@/watched.txt"') ?? "";
    const [first] = run?.fingerprint.deps ?? [];
    const here = fingerprintHere(stored({ hash: run?.hash ?? "", json }), {
      path: 0n,
      dependencies: [{ stored: first?.hash ?? "", here: first?.hash ?? "" }],
      roots: PLACES,
    });
    expect(here?.json).toContain('"/work/b/watched.txt"');
    expect(readFingerprint(here?.json ?? "", here?.hash ?? "").ok).toBe(true);
  });

  it("is none where a dependency is not known, or its hash is no hash", () => {
    const [each] = withDependencies;
    if (each === undefined) throw new Error("nothing has dependencies");
    const same = unmoved(each);
    const [first, ...rest] = same.dependencies;
    expect(fingerprintHere(stored(each), { ...same, dependencies: rest })).toBeUndefined();
    const emptied = [{ stored: first?.stored ?? "", here: "" }, ...rest];
    expect(fingerprintHere(stored(each), { ...same, dependencies: emptied })).toBeUndefined();
  });
});
