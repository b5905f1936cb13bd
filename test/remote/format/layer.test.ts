// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomBytes } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createZstdCompress, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { type Header, pack } from "tar-stream";
import { afterAll, describe, expect, test } from "vitest";
import { toOci } from "../../../src/remote/descriptor.ts";
import { DIFF_ID, TAR_SIZE } from "../../../src/remote/format/annotations.ts";
import { ArrivingBytes, gather } from "../../../src/remote/format/arriving-bytes.ts";
import { layerOf } from "../../../src/remote/format/layer.ts";
import { readLayer } from "../../../src/remote/format/read-layer.ts";
import { type LayerFile, writeSegment } from "../../../src/remote/format/segment.ts";
import { type KnownFile, unpackLayer } from "../../../src/remote/format/unpack-layer.ts";
import { digestOf } from "../../../src/unit/digest.ts";
import { bytesOf } from "../../../src/unit/leaks/bytes.ts";
import { zstdFrames } from "../../../src/unit/leaks/zstd-frames.ts";
import { blobOf } from "../../support/remote-content.ts";

const directory = mkdtempSync(join(tmpdir(), "green-layer-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
const LIMITS = { what: "The layer", tarSize: 10 * 1024 * 1024 };

function fileOf(path: string, content: Uint8Array): LayerFile {
  return {
    path,
    size: content.length,
    executable: path.endsWith("x"),
    open: () => blobOf(content).open(),
  };
}

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A layer of a segment for each of these sets of files. */
async function write(...sets: readonly ReadonlyMap<string, Uint8Array>[]) {
  const segments = await Promise.all(
    sets.map(async (contents) => {
      const path = join(directory, `${files++}.tar.zst`);
      const given = [...contents].map(([name, content]) => fileOf(name, content));
      const written = await writeSegment(given, path);
      return { ...written, open: (start = 0) => createReadStream(path, { start }) };
    }),
  );
  const { descriptor, open } = await layerOf(segments);
  return { descriptor, segments, open, bytes: await all(open()) };
}

function unpacked(layer: Buffer): Buffer {
  const frames = zstdFrames(bytesOf(layer));
  return Buffer.concat(frames.map((frame) => zstdDecompressSync(frame.read(0, frame.length))));
}

type Read = (
  bytes: Uint8Array,
  expected: ReadonlyMap<string, KnownFile>,
  limits?: typeof LIMITS,
  piece?: number,
) => Promise<ReadonlyMap<string, Buffer>>;

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await nextTurn();
    yield bytes.subarray(at, at + size);
  }
}

const readAsItComes: Read = async (bytes, expected, limits = LIMITS, piece = 1000) => {
  const found = new Map<string, Buffer>();
  await readLayer(inPieces(bytes, piece), expected, limits, async (path, content) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    found.set(path, Buffer.concat(chunks));
  });
  return found;
};

const readInMemory: Read = async (bytes, expected, limits = LIMITS, piece = 1000) => {
  const found = new Map<string, Buffer>();
  const arriving = new ArrivingBytes(Buffer.alloc(bytes.length, 0xff));
  const gathered = gather(inPieces(bytes, piece), arriving.memory, (count) => arriving.arrive(count));
  await Promise.all([
    gathered,
    unpackLayer(arriving, expected, limits, ({ path, bytes: content }) => {
      found.set(path, Buffer.from(content));
    }),
  ]);
  return found;
};

const known = (content: Uint8Array | string): KnownFile => ({
  size: content.length,
  digest: digestOf(content),
});
const expectedOf = (contents: ReadonlyMap<string, Uint8Array>) =>
  new Map([...contents].map(([name, content]) => [name, known(content)]));

/** An archive as somebody who means harm would make it. */
async function hostile(fill: (archive: ReturnType<typeof pack>) => void): Promise<Buffer> {
  const archive = pack();
  fill(archive);
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return zstdCompressSync(Buffer.concat(chunks));
}

describe("a layer", () => {
  test("is the same whatever order its files come in", async () => {
    const a = new Map([
      ["b/x", Buffer.from("1")],
      ["a/y", Buffer.from("22")],
      ["empty/", Buffer.alloc(0)],
    ]);
    const first = await write(a);
    const second = await write(new Map([...a].reverse()));
    expect(second.descriptor).toEqual(first.descriptor);
    expect(second.bytes.equals(first.bytes)).toBe(true);
  });

  test("is told from a source that fails, whatever that throws", async () => {
    const { bytes } = await write(new Map([["a", Buffer.alloc(100_000, "a")]]));
    const failing = async function* () {
      yield bytes.subarray(0, 10);
      throw new Error("cancelled");
    };
    const expected = new Map([["a", { size: 100_000 }]]);
    await expect(readLayer(failing(), expected, LIMITS, async () => {})).rejects.toThrow(/^cancelled$/);
  });
});

describe.each([
  ["as it comes", readAsItComes],
  ["in memory", readInMemory],
])("a layer that is read %s", (_, read) => {
  const name = fc.stringMatching(/^[a-z0-9_][a-z0-9_.-]{0,60}(?:\/[a-zà-ü0-9_-]{1,60}){0,3}$/);

  test("holds what was put into it, at paths of any length", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, fc.uint8Array({ maxLength: 3000 }), { maxKeys: 12 }),
        async (dictionary) => {
          const contents = new Map(Object.entries(dictionary));
          const { bytes } = await write(contents);
          const found = await read(bytes, expectedOf(contents));
          expect(new Map([...found].map(([path, each]) => [path, each.toString("hex")]))).toEqual(
            new Map([...contents].map(([path, each]) => [path, Buffer.from(each).toString("hex")])),
          );
        },
      ),
      { numRuns: 20 },
    );
  }, 60_000);

  test("says how large its tar is, and stops unpacking there", async () => {
    const contents = new Map([["zeros", Buffer.alloc(1_000_000)]]);
    const { bytes, descriptor } = await write(contents);
    expect(descriptor.annotations?.[TAR_SIZE]).toBe(String(512 + 1_000_448 + 1024));
    expect(descriptor.size).toBeLessThan(1000);
    await expect(read(bytes, expectedOf(contents), { ...LIMITS, tarSize: 500_000 })).rejects.toThrow(
      "The layer is larger than it says",
    );
  });

  test("of several units is their segments, one behind the other, however it comes", async () => {
    const sets = ["a", "b", "c"].map(
      (each) =>
        new Map([
          [each, Buffer.from(each.repeat(3000))],
          [`${each}.d`, randomBytes(20_000)],
        ]),
    );
    const { bytes, descriptor, open } = await write(...sets);
    expect(descriptor).toMatchObject({ digest: toOci(digestOf(bytes)), size: bytes.length });
    expect((await all(open(bytes.length - 10_000))).equals(bytes.subarray(-10_000))).toBe(true);
    const whole = new Map(sets.flatMap((set) => [...set]));
    for (const piece of [7, 1000, bytes.length]) {
      const found = await read(bytes, expectedOf(whole), LIMITS, piece);
      expect([...found].map(([path, each]) => whole.get(path)?.equals(each))).toEqual(Array(6).fill(true));
    }
  });

  test("of one unit says the digest of its tar, as images need it", async () => {
    const { bytes, descriptor, segments } = await write(new Map([["a", Buffer.from("1")]]));
    const tar = unpacked(bytes);
    expect(descriptor.annotations).toEqual({
      [DIFF_ID]: toOci(digestOf(tar)),
      [TAR_SIZE]: String(tar.length),
    });
    expect(segments[0]?.diffId).toBe(toOci(digestOf(tar)));
    const { descriptor: two } = await write(
      new Map([["a", Buffer.from("1")]]),
      new Map([["b", Buffer.from("2")]]),
    );
    expect(two.annotations?.[DIFF_ID]).toBeUndefined();
  });

  const file = (header: Partial<Header>): Header => ({ name: "a", type: "file", ...header }) as Header;
  const cases: readonly (readonly [string, (archive: ReturnType<typeof pack>) => void, string])[] = [
    ["a path upwards", (to) => to.entry(file({ name: "../../a" }), "x"), "a file outside of it"],
    ["an absolute path", (to) => to.entry(file({ name: "/etc/a" }), "x"), "a file outside of it"],
    [
      "a symbolic link",
      (to) => to.entry(file({ type: "symlink", linkname: "/etc/passwd" })),
      "something else than a file",
    ],
    ["a hard link", (to) => to.entry(file({ type: "link", linkname: "b" })), "something else than a file"],
    ["a device", (to) => to.entry(file({ type: "character-device" })), "something else than a file"],
    ["a file in place of another size", (to) => to.entry(file({}), "xy"), "of another size"],
    [
      "a file twice",
      (to) => {
        to.entry(file({}), "x");
        to.entry(file({}), "y");
      },
      "twice",
    ],
    ["nothing", () => {}, "lacks files"],
  ];
  test.each(cases)("with %s is refused", async (_, fill, message) => {
    const bytes = await hostile(fill);
    await expect(read(bytes, new Map([["a", known("x")]]))).rejects.toThrow(message);
  });

  test("gives only what is asked for", async () => {
    const { bytes } = await write(
      new Map([
        ["a", Buffer.from("1")],
        ["b", Buffer.from("2")],
      ]),
    );
    expect([...(await read(bytes, new Map([["b", known("2")]]))).keys()]).toEqual(["b"]);
  });

  test("that is cut short or changed is refused, at whatever byte", async () => {
    const contents = new Map([["a", Buffer.from("x".repeat(3000))]]);
    const { bytes } = await write(contents);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.boolean(), async (at, cut) => {
        const damaged = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
        if (!cut) damaged[at] = (damaged[at] ?? 0) ^ 0x55;
        const outcome = await read(damaged, expectedOf(contents)).then(
          (found) => found.get("a")?.equals(contents.get("a") ?? Buffer.alloc(0)),
          (thrown: Error) => thrown.message.startsWith("The layer"),
        );
        expect(outcome).toBe(true);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe("a layer in memory", () => {
  test("with a file of other bytes than are known is refused, and nothing is taken of that", async () => {
    const contents = new Map(["a", "b"].map((name) => [name, Buffer.from(name)]));
    const { bytes } = await write(contents);
    const expected = new Map([...expectedOf(contents), ["b", known("c")]]);
    const taken: string[] = [];
    const arriving = new ArrivingBytes(bytes);
    const unpacking = unpackLayer(arriving, expected, LIMITS, ({ path }) => taken.push(path));
    arriving.arrive(bytes.length);
    await expect(unpacking).rejects.toThrow('The layer has other bytes in "b"');
    expect(taken).toEqual(["a"]);
  });

  test("is waited for no longer than until it is known that the rest does not come", async () => {
    const contents = new Map([["a", Buffer.from("a")]]);
    const { bytes } = await write(contents);
    const arriving = new ArrivingBytes(bytes);
    const unpacking = unpackLayer(arriving, expectedOf(contents), LIMITS, () => {});
    arriving.arrive(bytes.length - 1);
    arriving.fail(new Error("cancelled"));
    await expect(unpacking).rejects.toThrow(/^cancelled$/);
  });

  test("may be of several frames, wherever one ends, of which not all say how much they hold", async () => {
    const contents = new Map([
      ["a", randomBytes(5000)],
      [`${"long/".repeat(30)}b`, randomBytes(700)],
      ["c", Buffer.alloc(0)],
    ]);
    const tar = unpacked((await write(contents)).bytes);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(tar.length), { maxLength: 5 }), fc.nat(), async (cuts, salt) => {
        const ends = [...cuts.sort((a, b) => a - b), tar.length];
        const frames = ends.map((end, at) => {
          const part = tar.subarray(ends[at - 1] ?? 0, end);
          return (salt >> at) & 1 ? zstdCompressSync(part) : frameOfUnknownSize(part);
        });
        const bytes = Buffer.concat(await Promise.all(frames));
        const limits = { ...LIMITS, tarSize: tar.length };
        expect(await readInMemory(bytes, expectedOf(contents), limits)).toEqual(contents);
        const tooLittle = { ...LIMITS, tarSize: 4000 };
        await expect(readInMemory(bytes, expectedOf(contents), tooLittle)).rejects.toThrow(
          "The layer is larger than it says",
        );
      }),
      { numRuns: 100 },
    );
  });
});

async function frameOfUnknownSize(bytes: Uint8Array): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of Readable.from([bytes]).pipe(createZstdCompress())) pieces.push(piece);
  return Buffer.concat(pieces);
}
