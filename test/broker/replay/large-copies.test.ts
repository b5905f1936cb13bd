// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { ReplayEntry } from "../../../src/broker/replay/entry.ts";
import { LARGE_BYTES, largeCopies } from "../../../src/broker/replay/large-copies.ts";
import type { Digest } from "../../../src/unit/digest.ts";
import type { OutputFile, UnitKind } from "../../../src/unit/record.ts";

function entry(kind: UnitKind, ...outputs: readonly Partial<OutputFile>[]): ReplayEntry {
  const usual = { path: "x", role: "plain", executable: true, size: LARGE_BYTES };
  const result = { identity: { kind }, outputs: outputs.map((output) => ({ ...usual, ...output })) };
  return { result } as unknown as ReplayEntry;
}
const file = (digest: string, size = LARGE_BYTES) => ({ digest: digest as Digest, size });
const copiesOf = (...entries: readonly ReplayEntry[]) =>
  largeCopies(
    entries,
    (digest) => `/files/${digest}`,
    (each) => `/target/${each.result.identity.kind}`,
  );

test("large executables are copied ahead, the largest last", () => {
  const bin = entry("bin", file("b", 3 * LARGE_BYTES), { ...file("d"), role: "dep-info" });
  expect(copiesOf(bin, entry("test", file("t")))).toEqual([
    { kind: "ahead", path: "/files/t", directory: "/target/test" },
    { kind: "ahead", path: "/files/b", directory: "/target/bin" },
  ]);
});

test("nothing else is: small files, and what is mostly a link", () => {
  const small = entry("bin", file("s", LARGE_BYTES - 1));
  const library = entry("lib", { ...file("l"), executable: false });
  const script = entry("build-script", { ...file("r"), role: "real-build-script" });
  expect(copiesOf(small, library, script, entry("proc-macro", file("m")))).toEqual([]);
});

test("no more than what may be for nothing", () => {
  const gibibyte = 1024 ** 3;
  const sizes = [gibibyte / 2, gibibyte / 4, gibibyte / 2, gibibyte / 8];
  const copies = copiesOf(...sizes.map((size, at) => entry("bin", file(`${at}`, size))));
  expect(copies.map((copy) => "path" in copy && copy.path)).toEqual(["/files/3", "/files/1", "/files/0"]);
});
