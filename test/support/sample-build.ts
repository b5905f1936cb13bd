// SPDX-License-Identifier: MIT OR Apache-2.0
// Made-up builds in real stores, to be pushed and pulled.
import { statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { decodeEntry, ENTRY_SCHEMA, encodeEntry, resultOf } from "../../src/broker/replay/entry.ts";
import { keepPackNote, type PackNote, readPackNote } from "../../src/broker/share/pack-note.ts";
import { hashFingerprint, parseFingerprint } from "../../src/cargo/fingerprint/fingerprint.ts";
import type { LockedPackage } from "../../src/cargo/lockfile.ts";
import type { UnitStore } from "../../src/store/store.ts";
import { digestOf, type InstanceId, type PlanKey } from "../../src/unit/digest.ts";
import { instanceOf, unitKeyOf } from "../../src/unit/key.ts";
import type { UnitRecord } from "../../src/unit/record.ts";
import { sampleOutput, sampleRecord } from "../store/fixtures/sample-record.ts";

/** Of all of them. */
export const SCOPE = {
  rustc: "1.95.0",
  rustcVersion: "rustc 1.95.0",
  triple: "x86_64-unknown-linux-gnu",
  profile: "release",
  mode: "build",
} as const;
export const LISTS = { publicRegistries: [], publicGit: [] };
const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";
export const locked = (name: string): LockedPackage => ({
  name,
  version: "1.0.0",
  source: CRATES_IO,
  checksum: digestOf(name),
});
export const planOf = (name: string) => digestOf(`plan ${name}`) as string as PlanKey;

/** What a test says about a unit. */
export interface AddedUnit {
  /** Of its only file; default: the name. */
  readonly content?: string | Uint8Array | Iterable<Uint8Array>;
  /** What it was made against. */
  readonly below?: readonly UnitRecord[];
  readonly privacy?: "public" | "private";
  /** Of its package, as it is in the key. */
  readonly identity?: string;
  /** Name of its file: two units that have the same one cannot share a layer. */
  readonly file?: string;
}

/** A library whose files are `content`, as a build leaves it. */
export async function addUnit(store: UnitStore, name: string, unit: AddedUnit = {}): Promise<UnitRecord> {
  const { content = name, below = [], privacy = "public", file = `lib${name}.rlib` } = unit;
  const { identity = `crates-io ${name}@1.0.0 ${digestOf(name)}` } = unit;
  const pieces = typeof content === "string" ? [Buffer.from(content)] : content;
  const path = store.scratchPath();
  await writeFile(path, Readable.from(pieces instanceof Uint8Array ? [pieces] : pieces));
  const staged = { path, size: statSync(path).size, executable: false };
  const { digest, size } = await store.adopt(staged);
  const inputs = { name, content: digest, package: identity };
  const key = unitKeyOf(inputs);
  const outputs = [sampleOutput(digest, size, file)];
  const dependencies: readonly InstanceId[] = below.map(({ instance }) => instance).sort();
  const instance = instanceOf(key, outputs, dependencies);
  const directory = "@@green:TARGET@@/release/deps";
  const argv = ["--crate-name", name, "--out-dir", directory];
  const record: UnitRecord = {
    ...sampleRecord({ name, inputs, outputs, privacy, identity: { package: name, version: "1.0.0" } }),
    ...{ key, instance, dependencies },
    invocation: { program: "rustc", argv, env: {}, cwd: "/" },
  };
  store.put(record);
  const source = `@@green:CARGO_HOME@@/registry/src/index/${name}-1.0.0/src/lib.rs`;
  const fingerprints = below.map((each) => fingerprintIn(store, each));
  const json = fingerprintJson(name, fingerprints);
  store.putReplay(planOf(name), {
    instance,
    entry: encodeEntry({
      schema: ENTRY_SCHEMA,
      result: resultOf(record),
      depInfo: {},
      call: {
        role: "rustc",
        argv: ["rustc", "--crate-name", name, source, "--crate-type", "lib", "--out-dir", directory],
        ...{ cwd: "@@green:WORKSPACE@@", env: { CARGO_PKG_NAME: name, MY_TABLE: "of mine" }, before: {} },
      },
      fingerprint: {
        ...{ directory: `release/.fingerprint/${name}-1`, name: `lib-${name}`, files: [] },
        ...{ json, hash: hashOf(json), reproduced: true },
      },
    }),
  });
  store.flush();
  return record;
}

function hashOf(json: string): string {
  const fingerprint = parseFingerprint(json);
  if (fingerprint === undefined) throw new Error("the sample is no fingerprint");
  return hashFingerprint(fingerprint);
}

/** The hash of the fingerprint that a store has for a unit. */
export function fingerprintIn(store: UnitStore, { identity }: UnitRecord): string {
  const [entry] = store.replays([planOf(identity.package)]).get(planOf(identity.package)) ?? [];
  return decodeEntry(entry?.entry ?? "null")?.fingerprint.hash ?? "";
}

function fingerprintJson(name: string, below: readonly string[]): string {
  const deps = below.map((hash) => `[1,"x",false,${Buffer.from(hash, "hex").readBigUInt64LE()}]`).join(",");
  const path = BigInt(`0x${digestOf(name).slice(0, 15)}`);
  return (
    `{"rustc":1,"features":"[]","declared_features":"[]","target":2,"profile":3,"path":${path},"deps":[${deps}],` +
    `"local":[{"CheckDepInfo":{"dep_info":"release/.fingerprint/${name}-1/dep-lib-${name}","checksum":false}}],` +
    `"rustflags":[],"config":4,"compile_kind":0}`
  );
}

/** Notes, and returns, that the last build was made of these. */
export function noteOf(store: UnitStore, names: readonly string[]): PackNote {
  keepPackNote(store, "/w", { scope: SCOPE, packages: names.map(locked), plans: names.map(planOf) });
  const note = readPackNote(store, "/w");
  if (note === undefined) throw new Error("there is no note");
  return note;
}
