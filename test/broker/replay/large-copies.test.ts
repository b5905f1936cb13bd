// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { ReplayEntry } from "../../../src/broker/replay/entry.ts";
import { LARGE_BYTES, largeCopies } from "../../../src/broker/replay/large-copies.ts";
import type { Digest } from "../../../src/unit/digest.ts";
import type { OutputFile, UnitKind } from "../../../src/unit/record.ts";

function unit(kind: UnitKind, ...outputs: readonly Partial<OutputFile>[]) {
  const usual = { path: "x", role: "plain", executable: true, size: LARGE_BYTES };
  const result = { identity: { kind }, outputs: outputs.map((output) => ({ ...usual, ...output })) };
  return { entry: { result } as unknown as Pick<ReplayEntry, "result"> };
}
const file = (digest: string, size = LARGE_BYTES) => ({ digest: digest as Digest, size });
const copiesOf = (...units: readonly ReturnType<typeof unit>[]) =>
  largeCopies(
    units,
    (digest) => `/files/${digest}`,
    ({ entry }) => `/target/${entry.result.identity.kind}`,
  );

test("large executables are copied ahead, the largest last", () => {
  const bin = unit("bin", file("b", 3 * LARGE_BYTES), { ...file("d"), role: "dep-info" });
  expect(copiesOf(bin, unit("test", file("t")))).toEqual([
    { kind: "ahead", path: "/files/t", directory: "/target/test" },
    { kind: "ahead", path: "/files/b", directory: "/target/bin" },
  ]);
});

test("nothing else is: small files, and what is mostly a link", () => {
  const small = unit("bin", file("s", LARGE_BYTES - 1));
  const library = unit("lib", { ...file("l"), executable: false });
  const script = unit("build-script", { ...file("r"), role: "real-build-script" });
  expect(copiesOf(small, library, script, unit("proc-macro", file("m")))).toEqual([]);
});

test("no more than what may be for nothing", () => {
  const gibibyte = 1024 ** 3;
  const sizes = [gibibyte / 2, gibibyte / 4, gibibyte / 2, gibibyte / 8];
  const copies = copiesOf(...sizes.map((size, at) => unit("bin", file(`${at}`, size))));
  expect(copies.map((copy) => "path" in copy && copy.path)).toEqual(["/files/3", "/files/1", "/files/0"]);
});
