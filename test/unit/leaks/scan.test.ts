// SPDX-License-Identifier: MIT OR Apache-2.0
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/unit/digest.ts";
import { DEFAULT_LIMITS } from "../../../src/unit/leaks/budget.ts";
import { leakReason } from "../../../src/unit/leaks/scan.ts";
import { arOf, elfOf, zipOf } from "./containers.ts";
import { scanBoth } from "./scan-both.ts";
import { wordsOf } from "./words.ts";

const WORDS = wordsOf({ homes: ["/home/alice"], secrets: [{ name: "API_TOKEN", value: "0123456789abc" }] });
/** Words of unequal letters and no order: what is compressed then does not stand there as it is. */
const LETTERS = Array.from(
  { length: 4000 },
  (_, at) => "eeetaoin shrdlu"[digestOf(`${at}`).charCodeAt(0) % 15] ?? "",
).join("");
const TEXT = Buffer.from(`${LETTERS} made in /home/alice/work ${LETTERS}`);
const CLEAN = Buffer.from(`${LETTERS} made in /usr/local/cargo ${LETTERS}`);
const scan = async (bytes: Buffer, limits = DEFAULT_LIMITS) =>
  (await scanBoth("a.bin", bytes, WORDS, limits)).map(({ what }) => what);

/** Each way to hide some bytes in others. */
const CONTAINERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  "the second member of a gzip": (bytes) => Buffer.concat([gzipSync("first"), gzipSync(bytes)]),
  zstd: (bytes) => zstdCompressSync(bytes),
  "the second frame of a zstd": (bytes) =>
    Buffer.concat([zstdCompressSync("first"), zstdCompressSync(bytes)]),
  "a zip": (bytes) => zipOf([{ method: 8, content: deflateRawSync(bytes), size: bytes.length }]),
  "a zip with zstd": (bytes) => zipOf([{ method: 93, content: zstdCompressSync(bytes), size: bytes.length }]),
  "a stored gzip in a zip": (bytes) => zipOf([{ method: 0, content: gzipSync(bytes), size: 0 }]),
  "a compressed section": (bytes) =>
    elfOf([{ compression: 1, content: deflateSync(bytes), size: bytes.length }]),
  "a section with zstd": (bytes) =>
    elfOf([{ compression: 2, content: zstdCompressSync(bytes), size: bytes.length }]),
  "a section of 32 bits, highest byte first": (bytes) =>
    elfOf([{ compression: 1, content: deflateSync(bytes), size: bytes.length }], {
      is64: false,
      order: "big",
    }),
  "a section of 64 bits, highest byte first": (bytes) =>
    elfOf([{ compression: 1, content: deflateSync(bytes), size: bytes.length }], {
      is64: true,
      order: "big",
    }),
  "an old .zdebug section": (bytes) =>
    elfOf([{ compression: "old", content: deflateSync(bytes), size: bytes.length }]),
  "an object in an archive": (bytes) =>
    arOf([Buffer.from("odd"), elfOf([{ compression: 1, content: deflateSync(bytes), size: bytes.length }])]),
  "an archive in a gzip": (bytes) => gzipSync(arOf([gzipSync(bytes)])),
};

describe("scanFile", () => {
  test.each(Object.keys(CONTAINERS))("looks into %s", async (name) => {
    const hide = CONTAINERS[name] ?? ((bytes: Buffer) => bytes);
    expect(hide(TEXT).includes("/home/alice")).toBe(false);
    expect(await scan(hide(TEXT))).toEqual(["home directory"]);
    expect(await scan(hide(CLEAN))).toEqual([]);
  });

  test("finds several words, says where, and never says the word", async () => {
    const leaks = await scanBoth("deps/a.o", Buffer.from("0123456789abc /home/alice"), WORDS);
    expect(leaks).toEqual([
      { what: "home directory", where: "deps/a.o" },
      { what: "value of API_TOKEN", where: "deps/a.o" },
    ]);
    expect(leaks.map(leakReason)).toEqual([
      "its output contains the home directory",
      "its output contains the value of API_TOKEN",
    ]);
  });

  test("cannot search what is too large, too deep, or damaged, and says so", async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    expect(await scan(bomb, { ...DEFAULT_LIMITS, piece: 1_000_000 })).toEqual(["cannot be searched"]);
    expect(await scan(bomb, { ...DEFAULT_LIMITS, total: 1_000_000 })).toEqual(["cannot be searched"]);
    const huge = elfOf([{ compression: 1, content: deflateSync(CLEAN), size: 2 ** 40 }]);
    expect(await scan(huge)).toEqual(["cannot be searched"]);
    let deep = CLEAN;
    for (let at = 0; at < 9; at++) deep = gzipSync(deep);
    expect(await scan(deep)).toEqual(["cannot be searched"]);
    expect(await scan(Buffer.from("\xfd7zXZ\0...", "latin1"))).toEqual(["cannot be searched"]);
    expect(await scan(gzipSync(CLEAN).subarray(0, 40))).toEqual(["cannot be searched"]);
    expect(await scan(elfOf([{ compression: 3, content: CLEAN, size: 1 }]))).toEqual(["cannot be searched"]);
    expect(
      await scan(elfOf([{ compression: 1, content: deflateSync(CLEAN), size: CLEAN.length + 1 }])),
    ).toEqual(["cannot be searched"]);
    expect(await scan(zipOf([{ method: 12, content: CLEAN, size: 1 }]))).toEqual(["cannot be searched"]);
    expect(await scan(arOf([CLEAN]).subarray(0, 500))).toEqual(["cannot be searched"]);
    expect(leakReason({ what: "cannot be searched" })).toBe("its output cannot be searched");
  });

  test("still says what it found where it cannot look on", async () => {
    const bytes = Buffer.concat([arOf([TEXT]), Buffer.from("rest that is no member")]);
    expect(await scan(bytes)).toEqual(["home directory", "cannot be searched"]);
  });
});
