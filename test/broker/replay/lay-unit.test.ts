// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ENTRY_SCHEMA, type ReplayEntry } from "../../../src/broker/replay/entry.ts";
import type { FileOperation } from "../../../src/broker/replay/file-operations.ts";
import { layUnit } from "../../../src/broker/replay/lay-unit.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import { openUnitStore } from "../../../src/store/open-unit-store.ts";
import type { OutputFile, UnitKind } from "../../../src/unit/record.ts";
import { sampleOutput, sampleRecord } from "../../store/fixtures/sample-record.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

const FINGERPRINT = {
  directory: "debug/.fingerprint/serde-1",
  name: "lib-serde",
  files: [{ name: "dep-lib-serde" }],
};

/** Lays down a unit whose paths are the usual ones but for those that are given. */
async function lay(
  wrong: {
    readonly output?: string;
    readonly role?: OutputFile["role"];
    readonly fingerprint?: {
      readonly directory?: string;
      readonly name?: string;
      readonly files?: { name: string }[];
    };
    readonly run?: { readonly directory: string; readonly files: { name: string }[] };
    readonly place?: string;
    readonly kind?: UnitKind;
    readonly replacesLinked?: boolean;
    readonly mtime?: "stored";
  } = {},
) {
  const root = temporaryDirectory();
  const store = openUnitStore(join(root, "store"), { umask: 0o022 });
  onTestFinished(() => store.close());
  const target = join(root, "target");
  mkdirSync(join(target, "debug/.fingerprint/serde-1"), { recursive: true });
  writeFileSync(join(root, "lib-serde"), "mine");
  const { digest, size } = await store.adopt(await store.stageBytes(Buffer.from("bytes"), false));
  const record = sampleRecord({
    outputs: [
      sampleOutput(digest, size),
      { ...sampleOutput(digest, size, wrong.output ?? "libserde.rmeta"), role: wrong.role ?? "plain" },
    ],
  });
  const text = { kind: "text", content: "" } as const;
  const filled = (files: readonly { name: string }[]) => files.map(({ name }) => ({ name, ...text }));
  const fingerprint = { ...FINGERPRINT, ...wrong.fingerprint };
  const entry: ReplayEntry = {
    schema: ENTRY_SCHEMA,
    result: record,
    depInfo: {},
    call: { role: "rustc", argv: [], cwd: "", env: {} } as unknown as ReplayEntry["call"],
    fingerprint: {
      ...fingerprint,
      files: filled(fingerprint.files),
      hash: "0",
      json: "{}",
      reproduced: true,
    },
    ...(wrong.run && { run: { directory: wrong.run.directory, files: filled(wrong.run.files) } }),
  };
  let cleared = false;
  const written: FileOperation[] = [];
  const roots = makeRoots({ TARGET: target });
  const plan = {
    identity: { ...record.identity, kind: wrong.kind ?? "lib" },
    place: join(target, wrong.place ?? "debug/deps"),
    roots,
    replacesLinked: wrong.replacesLinked ?? false,
    clear: async () => {
      cleared = true;
    },
  };
  const fingerprintHere = { hash: "0", json: "{}" };
  const here = { fingerprint: fingerprintHere, isUsed: true, shim: "/shim", target, roots };
  const unit = { plan, record, entry, ...here, mtime: wrong.mtime ?? 1 };
  const laid = layUnit(unit, store, {
    perform: async (operations) => {
      written.push(...operations);
      return [];
    },
  });
  return { laid, written, wasCleared: () => cleared, target, outside: join(root, "lib-serde") };
}

function pathsOf(operations: readonly FileOperation[]): readonly string[] {
  return operations.flatMap((operation) => (operation.kind === "roots" ? [] : [operation.path]));
}

test("a unit's outputs and what Cargo wrote about it are laid down together, the hash last", async () => {
  const { laid, written, target } = await lay();
  await laid;
  expect(pathsOf(written).map((path) => path.slice(target.length + 1))).toEqual([
    "debug/deps/libserde.rlib",
    "debug/deps/libserde.rmeta",
    "debug/.fingerprint/serde-1/dep-lib-serde",
    "debug/.fingerprint/serde-1/lib-serde.json",
    "debug/.fingerprint/serde-1/lib-serde",
  ]);
});

test("the shim takes the name of a build script's executable, as old as the rest", async () => {
  const { laid, written, target } = await lay({
    output: "build-script.green-real",
    role: "real-build-script",
  });
  await laid;
  const standIn = written.filter(({ kind }) => kind === "place").at(-1);
  const path = join(target, "debug/deps/build-script");
  expect(standIn).toEqual({
    kind: "place",
    path,
    source: "/shim",
    link: false,
    mode: 0o755,
    mtime: 1,
    left: undefined,
  });
  expect(pathsOf(written).at(-1)).toBe(join(target, "debug/.fingerprint/serde-1/lib-serde"));
});

test.each([
  { output: "libx.rmeta", isLink: true },
  { output: "libx.rlib", kind: "proc-macro", isLink: true },
  { output: "libx.so", kind: "proc-macro", replacesLinked: true, isLink: true },
  { output: "libx.so", kind: "proc-macro", isLink: false },
  { output: "libx.so", replacesLinked: true, isLink: false },
  { output: "x", kind: "bin", replacesLinked: true, isLink: false },
  { output: "libx.rlib", kind: "build-script-run", isLink: false },
  { output: "x.green-real", kind: "build-script", role: "real-build-script", isLink: true },
] as const)("what others replace is the stored file by another name: %j", async ({ isLink, ...unit }) => {
  const { laid, written } = await lay({ ...unit, mtime: "stored" });
  await laid;
  const name = `/${unit.output}`;
  const placed = written.find((each) => each.kind === "place" && each.path.endsWith(name));
  expect(placed).toMatchObject({ link: isLink });
});

test.each([
  { output: "../../../libserde.rmeta" },
  { output: "/etc/ld.so.preload" },
  { output: "../" },
  { fingerprint: { directory: ".." } },
  { fingerprint: { directory: "/etc" } },
  { fingerprint: { name: "../../../../lib-serde" } },
  { fingerprint: { files: [{ name: "../../../../.bashrc" }] } },
  { run: { directory: "..", files: [{ name: "output" }] } },
  { run: { directory: "debug/build/a-1", files: [{ name: "/etc/profile" }] } },
  { place: "../elsewhere" },
])("of a record that leads out of the target directory nothing is laid down: %j", async (wrong) => {
  const { laid, written, wasCleared, outside } = await lay(wrong);
  await expect(laid).rejects.toMatchObject({ code: "corrupt" });
  expect(written).toEqual([]);
  expect(wasCleared()).toBe(false);
  expect(existsSync(outside)).toBe(true);
});
