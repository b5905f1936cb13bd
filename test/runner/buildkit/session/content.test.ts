// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Content } from "../../../../src/runner/buildkit/proto/content_pb.ts";
import { content } from "../../../../src/runner/buildkit/session/content.ts";
import { contentDirectory } from "../../../../src/runner/buildkit/session/content-directory.ts";

const [WRITE, COMMIT] = [1, 2];
const BYTES = randomBytes(2_500_000);
const DIGEST = `sha256:${hash("sha256", BYTES)}`;
const headers = { "buildkit-attachable-store-id": "local:/cache" };

let root: string;
const blob = (digest = DIGEST) => join(root, "blobs/sha256", digest.slice("sha256:".length));
const client = () => {
  const stores = new Map([["local:/cache", contentDirectory(root)]]);
  return createClient(
    Content,
    createRouterTransport((router) => content(stores).register(router)),
  );
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "green-content-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** As containerd's client writes: it asks where to begin, sends pieces, commits, and waits for each answer. */
async function write(expected: string, bytes = BYTES, cut = false): Promise<readonly bigint[]> {
  async function* requests() {
    yield { action: 0, ref: "some", total: BigInt(bytes.length), expected };
    for (let at = 0; at < bytes.length; at += 1_000_000) {
      yield { action: WRITE, offset: BigInt(at), data: bytes.subarray(at, at + 1_000_000) };
    }
    if (!cut) yield { action: COMMIT, offset: BigInt(bytes.length), total: BigInt(bytes.length), expected };
  }
  const offsets: bigint[] = [];
  for await (const { offset } of client().write(requests(), { headers })) offsets.push(offset);
  return offsets;
}

const leftovers = () => readdirSync(join(root, ".cargo-green/new"));

test("what a builder writes lies under its digest, and nowhere before it is whole", async () => {
  expect(await write(DIGEST)).toEqual([0n, 1_000_000n, 2_000_000n, 2_500_000n, 2_500_000n]);
  expect(readFileSync(blob()).equals(BYTES)).toBe(true);
  expect(leftovers()).toEqual([]);
  await expect(write(DIGEST)).rejects.toMatchObject({ code: Code.AlreadyExists });
});

test("what is not what it should be, or breaks off, is not kept", async () => {
  const other = `sha256:${"0".repeat(64)}`;
  await expect(write(other)).rejects.toThrow();
  await write(DIGEST, BYTES, true);
  expect([existsSync(blob(other)), existsSync(blob()), leftovers()]).toEqual([false, false, []]);
});

test("what is there is given in pieces, whole or from somewhere", async () => {
  mkdirSync(join(root, "blobs/sha256"), { recursive: true });
  writeFileSync(blob(), BYTES);
  const read = async (offset: bigint, size: bigint) => {
    const pieces: Uint8Array[] = [];
    const answers = client().read({ digest: DIGEST, offset, size }, { headers });
    for await (const { data } of answers) pieces.push(data);
    return Buffer.concat(pieces);
  };
  expect(await client().info({ digest: DIGEST }, { headers })).toMatchObject({ info: { size: 2_500_000n } });
  expect((await read(0n, 0n)).equals(BYTES)).toBe(true);
  expect((await read(1_400_000n, 100n)).equals(BYTES.subarray(1_400_000, 1_400_100))).toBe(true);
});

test.each([
  ["another store", DIGEST, { "buildkit-attachable-store-id": "local:/etc" }],
  ["no store", DIGEST, {}],
  ["a digest that nothing has", DIGEST, headers],
  ["a path", "sha256:../../../../etc/passwd", headers],
])("%s is not found", async (_, digest, asked) => {
  await expect(client().info({ digest }, { headers: asked })).rejects.toMatchObject({ code: Code.NotFound });
});
