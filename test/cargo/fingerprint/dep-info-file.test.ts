// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DepInfoFile,
  parseDepInfoFile,
  rerootDepInfoFile,
  writeDepInfoFile,
} from "../../../src/cargo/fingerprint/dep-info-file.ts";

/** As cargo 1.95 and 1.97-nightly wrote them, in hexadecimal digits. */
const EMPTY = "01000000ff010000000000000000";
const ONE_FILE = "01000000ff01010000000008000000 6275696c642e7273 0000000000";
const DIGEST = "2c82fe34d6ae0da3bca62161897032f65c432789ac67983f576fb3f64ada1e79";
const ONE_CHECKSUM = `01000000ff0101000000000b0000007372632f6d61696e2e7273 01 0704000000000000 47000000
  ${Buffer.from(`blake3=${DIGEST}`).toString("hex")} 00000000`;
/** As cargo 1.65 wrote it. */
const OLD = "01000000 00 0a000000 7372632f6c69622e7273 00000000";

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ""), "hex");
const latin1 = fc.string({ unit: fc.nat({ max: 255 }).map((byte) => String.fromCharCode(byte)) });
const absent = fc.constant(undefined);
const checksums = fc.record({ size: fc.bigInt(0n, 2n ** 64n - 1n), digest: latin1 });
const paths = fc.oneof(
  latin1,
  latin1.map((path) => `/${path}`),
);
const depInfosWith = (isOld: boolean): fc.Arbitrary<DepInfoFile> =>
  fc.record({
    isOld: fc.constant(isOld),
    files: fc.array(
      fc.record({
        base: fc.constantFrom("package" as const, "build" as const),
        path: paths,
        checksum: isOld ? absent : fc.oneof(absent, checksums),
      }),
    ),
    env: fc.array(fc.record({ name: latin1, value: fc.oneof(absent, latin1) })),
  });
const depInfos = fc.boolean().chain(depInfosWith);

describe("Cargo's dep-info", () => {
  test("is read as Cargo means it", () => {
    expect(parseDepInfoFile(bytesOf(EMPTY))).toEqual({ isOld: false, files: [], env: [] });
    const file = { base: "package", path: "build.rs", checksum: undefined };
    expect(parseDepInfoFile(bytesOf(ONE_FILE))).toEqual({ isOld: false, files: [file], env: [] });
    const checksum = { size: 1031n, digest: `blake3=${DIGEST}` };
    const main = { base: "package", path: "src/main.rs", checksum };
    expect(parseDepInfoFile(bytesOf(ONE_CHECKSUM))).toEqual({ isOld: false, files: [main], env: [] });
    const lib = { base: "package", path: "src/lib.rs", checksum: undefined };
    expect(parseDepInfoFile(bytesOf(OLD))).toEqual({ isOld: true, files: [lib], env: [] });
  });

  test("survives writing and reading, and reading and writing", () => {
    fc.assert(
      fc.property(depInfos, (depInfo) => {
        const bytes = writeDepInfoFile(depInfo);
        expect(parseDepInfoFile(bytes)).toEqual(depInfo);
        const read = parseDepInfoFile(bytes);
        expect(read && writeDepInfoFile(read)).toEqual(bytes);
      }),
    );
  });

  test("is not read if a byte is missing, added or impossible", () => {
    fc.assert(
      fc.property(depInfos, fc.nat(), fc.nat({ max: 255 }), (depInfo, where, byte) => {
        const bytes = writeDepInfoFile(depInfo);
        expect(parseDepInfoFile(bytes.subarray(0, where % bytes.length))).toBeUndefined();
        expect(parseDepInfoFile(Buffer.concat([bytes, Buffer.of(byte)]))).toBeUndefined();
        const damaged = Buffer.from(bytes);
        damaged[where % bytes.length] = byte;
        const read = parseDepInfoFile(damaged);
        if (read !== undefined) expect(Buffer.from(writeDepInfoFile(read))).toEqual(damaged);
      }),
    );
    expect(parseDepInfoFile(bytesOf(EMPTY.replace("ff01", "ff02")))).toBeUndefined();
  });

  test("gets new places for its absolute paths, or none at all", () => {
    const depInfo: DepInfoFile = {
      isOld: false,
      files: [
        { base: "package", path: "src/lib.rs", checksum: undefined },
        { base: "build", path: "debug/build/x-1/out/y.rs", checksum: { size: 1n, digest: "blake3=00" } },
        { base: "build", path: "/old/shared.txt", checksum: { size: 2n, digest: "blake3=01" } },
      ],
      env: [
        { name: "CARGO", value: "/old/bin/cargo" },
        { name: "UNSET", value: undefined },
      ],
    };
    const path = (old: string) => (old.startsWith("/old/") ? old.replace("/old/", "/new/") : undefined);
    const moved = rerootDepInfoFile(depInfo, { path, value: (value) => path(value) ?? value });
    expect(moved).toEqual({
      ok: true,
      depInfo: {
        isOld: false,
        files: [...depInfo.files.slice(0, 2), { ...depInfo.files[2], path: "/new/shared.txt" }],
        env: [{ name: "CARGO", value: "/new/bin/cargo" }, depInfo.env[1]],
      },
    });
    const elsewhere = { base: "build", path: "/elsewhere", checksum: undefined } as const;
    expect(rerootDepInfoFile({ isOld: false, files: [elsewhere], env: [] }, { path })).toEqual({
      ok: false,
      noPlace: "/elsewhere",
    });
  });

  test("refuses to write text that is not bytes", () => {
    const file = { base: "package", path: "世.rs", checksum: undefined } as const;
    expect(() => writeDepInfoFile({ isOld: false, files: [file], env: [] })).toThrow(/latin1/);
  });
});
