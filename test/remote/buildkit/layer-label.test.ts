// SPDX-License-Identifier: MIT OR Apache-2.0
import { gzipSync, zstdCompressSync } from "node:zlib";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { unitUrl } from "../../../src/containerfile/unit-url.ts";
import { layerLabel } from "../../../src/remote/buildkit/layer-label.ts";
import type { UnitIdentity } from "../../../src/unit/record.ts";

const IDENTITY: UnitIdentity = {
  ...{ package: "serde", version: "1.0.228", source: "crates-io", target: "serde", kind: "lib" },
  features: Array.from({ length: 600 }, (_, at) => `feature-${at}`),
  ...{ triple: "x86_64-unknown-linux-gnu", profile: "release", rustc: "1.95.0", mode: "build" },
};
const GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

async function tarOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

/** A hundred bytes at a time; tells how many were taken, and whether it was ended. */
function content(bytes: Uint8Array) {
  const state = { taken: 0, ended: false };
  async function* pieces() {
    try {
      for (let at = 0; at < bytes.length; at += 100) {
        state.taken = at + 100;
        yield bytes.subarray(at, at + 100);
      }
    } finally {
      state.ended = true;
    }
  }
  return { state, pieces: pieces() };
}

const large = Buffer.from(Array.from({ length: 500_000 }, (_, at) => (at * at * 7919) % 251));

test.each([
  [GZIP, gzipSync],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", gzipSync],
  ["application/vnd.oci.image.layer.v1.tar+zstd", zstdCompressSync],
  ["application/vnd.oci.image.layer.v1.tar", (tar: Buffer) => tar],
])("a unit is known by the first file of its layer (%s), and no more is read", async (type, compress) => {
  const tar = await tarOf({ ".unit": `${unitUrl(IDENTITY)}\n`, "files/libserde.rlib": large });
  const { state, pieces } = content(compress(tar));
  expect(await layerLabel(pieces, type)).toEqual(IDENTITY);
  await expect.poll(() => state.ended).toBe(true);
  expect(state.taken).toBeLessThan(250_000);
});

test.each([
  [
    "of something else",
    async () => gzipSync(await tarOf({ "usr/bin/cc": large, ".unit": unitUrl(IDENTITY) })),
  ],
  ["that says nothing", async () => gzipSync(await tarOf({ ".unit": "sh\n" }))],
  ["that says too much", async () => gzipSync(await tarOf({ ".unit": "x".repeat(100_000) }))],
  ["that is cut short", async () => gzipSync(await tarOf({ ".unit": unitUrl(IDENTITY) })).subarray(0, 200)],
  ["that is damaged", async () => Buffer.from("no gzip at all".repeat(100))],
  ["that is empty", async () => Buffer.alloc(0)],
])("a layer %s is none of a unit", async (_, bytes) => {
  expect(await layerLabel(content(await bytes()).pieces, GZIP)).toBeUndefined();
});

test("what keeps a layer from being read is thrown", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield gzipSync("x").subarray(0, 5);
    throw new Error("the cable");
  }
  await expect(layerLabel(broken(), GZIP)).rejects.toThrow("the cable");
});
