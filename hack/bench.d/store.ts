// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { openStore } from "../../src/store/open-store.ts";
import { openParts } from "../../src/store/open-unit-store.ts";
import { digestOf, type InstanceId, type PreKey, type UnitKey } from "../../src/unit/digest.ts";
import {
  type OutputFile,
  RECORD_SCHEMA,
  UNIT_KINDS,
  type UnitKind,
  type UnitRecord,
} from "../../src/unit/record.ts";

const CRATES = [
  "serde",
  "serde_derive",
  "libc",
  "syn",
  "quote",
  "proc-macro2",
  "regex",
  "regex-automata",
  "memchr",
];
const COMPILERS = ["1.88.0", "1.89.0", "1.90.0", "1.94.1", "1.95.0", "1.97.0-nightly"];
const TRIPLES = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];
const DAY_MS = 24 * 3_600_000;
/** Records per transaction. */
const CHUNK = 5000;

/** The same sequence in every run (mulberry32). */
function pseudoRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function plausibleRecord(n: number, random: (below: number) => number, now: number): UnitRecord {
  const pick = <T>(values: readonly T[], fallback: T): T => values[random(values.length)] ?? fallback;
  const name = random(4) === 0 ? pick(CRATES, "serde") : `crate-${random(1500)}`;
  const kind: UnitKind = random(3) > 0 ? "lib" : pick(UNIT_KINDS, "lib");
  const isPublic = random(5) > 0;
  const stem = `${name.replaceAll("-", "_")}-${n.toString(16).padStart(16, "0")}`;
  const outputs = ["rlib", "rmeta", "d"].map((extension): OutputFile => {
    // A quarter of the files is shared between records.
    const content = random(4) === 0 ? `shared ${random(20_000)}` : `${n} ${extension}`;
    const digest = digestOf(content);
    return {
      path: `lib${stem}.${extension}`,
      digest,
      size: 1000 + (Number.parseInt(digest.slice(0, 6), 16) % 900_000),
      executable: false,
      role: extension === "d" ? "dep-info" : "plain",
    };
  });
  return {
    schema: RECORD_SCHEMA,
    key: digestOf(`key ${n}`) as string as UnitKey,
    preKey: digestOf(`pre-key ${n}`) as string as PreKey,
    instance: digestOf(`instance ${n}`) as string as InstanceId,
    identity: {
      package: name,
      version: `${random(3)}.${random(12)}.${random(30)}`,
      source: isPublic ? "crates-io" : "path",
      target: name,
      kind,
      features: ["alloc", "derive", "std", "unicode"].slice(random(4)),
      triple: pick(TRIPLES, ""),
      profile: pick(["debug", "release"], "debug"),
      rustc: pick(COMPILERS, ""),
      mode: pick(["build", "build", "check"] as const, "build"),
    },
    inputs: Object.fromEntries([
      ["RUSTFLAGS", pick(["", "-C target-cpu=x86-64-v3"], "")],
      ...Array.from({ length: 25 }, (_, place) => [
        `input ${place}`,
        digestOf(`${name} ${place} ${random(3)}`),
      ]),
    ]),
    inputSet: { files: [], env: [] },
    dependencies: [],
    closure: { procMacros: [], systemLibraries: false },
    outputs,
    stdout: "",
    stderr: "",
    presentation: "--error-format=json",
    bindings: [],
    privacy: isPublic
      ? { class: "public", reason: "crates.io" }
      : { class: "private", reason: "path package" },
    provenance: {
      created: now - random(90 * DAY_MS),
      tookMs: 50 + random(20_000),
      green: "0.1.0",
      runner: "host",
      sandbox: { mode: "native", network: false, hidden: [], seen: [] },
    },
    invocation: {
      program: "rustc",
      argv: ["--crate-name", name, "--edition=2021"],
      env: {},
      cwd: "@@green:PACKAGE@@",
    },
  };
}

/**
 * Fills a store's index with `count` plausible records by the store's own insertion. Neither their files nor the
 * outputs that they name exist.
 */
export function generateStore(directory: string, count: number): void {
  const random = pseudoRandom(count);
  const now = Date.now();
  let clock = now;
  const { index, shelf, store } = openParts(directory, { now: () => clock });
  index.exec("PRAGMA cache_size = -400000; PRAGMA synchronous = OFF");
  for (let start = 0; start < count; start += CHUNK) {
    clock = now - random(60 * DAY_MS); // when they were last used
    const size = Math.min(CHUNK, count - start);
    shelf.putAll(
      Array.from({ length: size }, (_, place) => plausibleRecord(start + place, random, now)),
      { indexOnly: true },
    );
  }
  store.close();
}

function timed<T>(what: string, work: () => T): T {
  const start = performance.now();
  const result = work();
  process.stdout.write(`${what.padEnd(44)} ${(performance.now() - start).toFixed(1).padStart(9)} ms\n`);
  return result;
}

/** Prints how long the catalog takes in the store, and the memory of this process. */
export function benchStore(directory: string): void {
  const store = timed("open", () => openStore(directory));
  timed("totals", () => store.totals());
  timed("list --limit 50", () => store.list({ selectors: [], limit: 50 }));
  for (const sort of ["size", "used", "time"] as const) {
    timed(`list --limit 50 --sort ${sort}`, () => store.list({ selectors: [], limit: 50, sort }));
  }
  timed("list crate-7", () => store.list({ selectors: [{ by: "crate", name: "crate-7" }] }));
  timed("list serde (2.5 % of the store)", () => store.list({ selectors: [{ by: "crate", name: "serde" }] }));
  timed("list serde@^1.2", () =>
    store.list({ selectors: [{ by: "crate", name: "serde", version: "^1.2" }] }),
  );
  timed("list by key prefix", () => store.list({ selectors: [{ by: "key", prefix: "3fa8" }] }));
  timed("list --rustc '>=1.90 <1.96' --limit 50 (50 %)", () =>
    store.list({ selectors: [], rustc: ">=1.90 <1.96", limit: 50 }),
  );
  timed("list --profile debug --private --limit 50", () =>
    store.list({ selectors: [], profile: "debug", privacy: "private", limit: 50 }),
  );
  process.stdout.write(`memory ${Math.round(process.memoryUsage.rss() / 1e6)} MB\n`);
  store.close();
}

/** `node hack/bench.d/store.ts [RECORDS]`: generates a store, then measures it in a process of its own. */
if (import.meta.main) {
  const [, script = "", records = "100000", directory] = process.argv;
  if (directory === undefined) {
    const made = mkdtempSync(join(tmpdir(), "green-bench-"));
    try {
      timed(`generate ${records} records`, () => generateStore(made, Number(records)));
      spawnSync(process.execPath, [script, records, made], { stdio: "inherit" });
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  } else {
    benchStore(directory);
  }
}
