// SPDX-License-Identifier: MIT OR Apache-2.0
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget, type Limits } from "../../../src/unit/leaks/budget.ts";
import { bytesOf } from "../../../src/unit/leaks/bytes.ts";
import { piecesOf } from "../../../src/unit/leaks/inside.ts";
import { readSnappyFrames, SNAPPY_START } from "../../../src/unit/leaks/snappy.ts";
import { Unsearchable } from "../../../src/unit/leaks/unsearchable.ts";
import { arOf, elfOf, zipOf } from "./containers.ts";

const LIMITS: Limits = { piece: 100_000, total: 300_000, depth: 4, parts: 1000 };
const PADDING = Buffer.from("some text, ".repeat(40));
const SNAPPY = Buffer.concat([
  Buffer.from("rust\0\0\0\x07\0\0\0\x1d", "latin1"),
  SNAPPY_START,
  Buffer.from([0, 15, 0, 0, 1, 2, 3, 4, 20, 0x10, ...Buffer.from("abcde"), 0x1d, 5, 1, 5]),
]);
const SAMPLES = [
  arOf([PADDING, gzipSync(PADDING)]),
  elfOf([{ compression: 1, content: deflateSync(PADDING), size: PADDING.length }]),
  elfOf([{ compression: "old", content: deflateSync(PADDING), size: PADDING.length }], {
    is64: false,
    order: "big",
  }),
  zipOf([{ method: 8, content: deflateRawSync(PADDING), size: PADDING.length }]),
  Buffer.concat([zstdCompressSync(PADDING), zstdCompressSync(PADDING)]),
  SNAPPY,
];

/** All that comes out, or a refusal; anything else that is thrown fails the test. */
function takeApart(bytes: Buffer): { readonly pieces: number; readonly size: number } {
  let [pieces, size] = [0, 0];
  try {
    for (const piece of piecesOf(bytesOf(bytes), new Budget(LIMITS))) {
      pieces++;
      if (piece.isNew) size += piece.bytes.length;
    }
  } catch (thrown) {
    if (!(thrown instanceof Unsearchable)) throw thrown;
  }
  return { pieces, size };
}

describe("readers of containers", { timeout: 30_000 }, () => {
  test("end with a refusal at worst, and within their budget, whatever the bytes are", () => {
    const starts = fc.constantFrom(
      "",
      "!<arch>\n",
      "\x7fELF\x02\x01",
      "\x7fELF\x01\x02",
      "PK\x03\x04",
      "\x28\xb5\x2f\xfd",
      "\x1f\x8b\x08",
      "\xff\x06\0\0sNaPpY",
    );
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 400 }), (start, rest) => {
        const bytes = Buffer.concat([Buffer.from(start, "latin1"), rest]);
        const { pieces, size } = takeApart(bytes);
        expect(pieces).toBeLessThanOrEqual(LIMITS.parts);
        expect(size).toBeLessThanOrEqual(LIMITS.total + bytes.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("do so too where real files were changed, cut or put together", () => {
    const change = fc.record({ at: fc.nat(4000), to: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) });
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLES),
        fc.array(change, { maxLength: 6 }),
        fc.nat(4000),
        (sample, changes, cut) => {
          const bytes = Buffer.from(sample);
          for (const { at, to } of changes) bytes[at % bytes.length] = to;
          const { size } = takeApart(cut < 3000 ? bytes : bytes.subarray(0, cut % bytes.length));
          expect(size).toBeLessThanOrEqual(LIMITS.total + bytes.length);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("take the samples themselves apart", () => {
    for (const sample of SAMPLES) expect(takeApart(sample).pieces).toBeGreaterThan(1);
  });

  test("do not follow an archive that holds very many members", () => {
    expect(takeApart(arOf(Array.from({ length: 5000 }, () => Buffer.alloc(0)))).pieces).toBeLessThanOrEqual(
      LIMITS.parts,
    );
  });
});

/** A simple encoder: literals, and copies of what came before. */
function snappyOf(content: Buffer): Buffer {
  const chunks: Buffer[] = [SNAPPY_START];
  for (let start = 0; start < content.length; start += 65536) {
    const block = content.subarray(start, start + 65536);
    const parts: Buffer<ArrayBufferLike>[] = [
      Buffer.from([(block.length & 0x7f) | 0x80, ((block.length >> 7) & 0x7f) | 0x80, block.length >> 14]),
    ];
    for (let at = 0; at < block.length; ) {
      const back = at > 3 && block[at] === block[at - 3] ? 3 : 0;
      let length = 0;
      if (back > 0)
        while (length < 60 && at + length < block.length && block[at + length] === block[at + length - back])
          length++;
      if (length >= 4) {
        parts.push(
          length <= 11
            ? Buffer.from([1 | ((length - 4) << 2), back])
            : Buffer.from([2 | ((length - 1) << 2), back, 0]),
        );
        at += length;
      } else {
        const literal = block.subarray(at, at + 70);
        parts.push(Buffer.from([60 << 2, literal.length - 1]), literal);
        at += literal.length;
      }
    }
    const body = Buffer.concat([Buffer.alloc(4), ...parts]);
    const header = Buffer.from([0, body.length & 0xff, (body.length >> 8) & 0xff, body.length >> 16]);
    chunks.push(header, body, Buffer.from([0xfe, 2, 0, 0, 1, 1]));
  }
  return Buffer.concat(chunks);
}

describe("readSnappyFrames", { timeout: 30_000 }, () => {
  test("gives back what was encoded, padding aside", () => {
    const runs = fc.array(fc.tuple(fc.constantFrom("a", "abc", "xy", "\0"), fc.nat(300)), { maxLength: 60 });
    fc.assert(
      fc.property(runs, (parts) => {
        const content = Buffer.from(parts.map(([text, times]) => text.repeat(times)).join(""));
        const stream = snappyOf(content);
        expect(readSnappyFrames(bytesOf(stream), 1_000_000)).toEqual({ bytes: content, end: stream.length });
      }),
    );
    const large = Buffer.from("abc".repeat(70_000));
    expect(readSnappyFrames(bytesOf(snappyOf(large)), 1_000_000).bytes.equals(large)).toBe(true);
  });

  test("refuses more than is asked for, and stops at what is no chunk", () => {
    expect(() => readSnappyFrames(bytesOf(snappyOf(Buffer.alloc(200_000))), 100_000)).toThrow(Unsearchable);
    const stream = snappyOf(PADDING);
    const followed = readSnappyFrames(bytesOf(Buffer.concat([stream, Buffer.from([2, 0, 0, 0])])), 1000);
    expect(followed).toEqual({ bytes: PADDING, end: stream.length });
  });
});
