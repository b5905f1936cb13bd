// SPDX-License-Identifier: MIT OR Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { inMemory } from "../../../src/broker/share/pack-parts.ts";
import { unlessStalled } from "../../../src/broker/share/unless-stalled.ts";
import { describe as describeBytes } from "../../../src/remote/format/manifest.ts";
import { OCI_LAYER_ZSTD, OCI_MANIFEST } from "../../../src/remote/media-types.ts";
import type { PushBlobOptions, RequestOptions } from "../../../src/remote/remote.ts";
import { untilAborted } from "../../../src/until-aborted.ts";
import { memoryRemote } from "../../support/memory-remote.ts";

const BYTES = Buffer.from("bytes");
const BLOB = inMemory(describeBytes(OCI_LAYER_ZSTD, BYTES), BYTES);
const MANIFEST = { mediaType: OCI_MANIFEST, bytes: BYTES, tag: "tag" };
const never = (signal: AbortSignal | undefined) => untilAborted(new Promise<never>(() => {}), signal);

test("a remote that takes nothing and answers nothing is given up", async () => {
  const stalls = {
    ...memoryRemote("team"),
    pushBlob: (_: unknown, { signal }: RequestOptions = {}) => never(signal),
    pushManifest: (_: unknown, { signal }: RequestOptions = {}) => never(signal),
  };
  const remote = unlessStalled(stalls, 30);
  const stalled = {
    code: "unreachable",
    side: "team",
    message: expect.stringContaining("stood still for 0.03 s"),
  };
  await expect(remote.pushBlob(BLOB)).rejects.toMatchObject(stalled);
  await expect(remote.pushManifest(MANIFEST)).rejects.toMatchObject(stalled);
  const own = AbortSignal.abort(new Error("enough"));
  await expect(remote.pushBlob(BLOB, { signal: own })).rejects.toThrow("enough");
});

test("a remote that is slow, and takes something now and then, is waited for", async () => {
  const slow = {
    ...memoryRemote("team"),
    async pushBlob(_: unknown, { onSent, signal }: PushBlobOptions = {}) {
      for (let at = 0; at < 5; at++) {
        await sleep(60);
        signal?.throwIfAborted();
        onSent?.(1);
      }
      return "sent" as const;
    },
  };
  const sent: number[] = [];
  const remote = unlessStalled(slow, 200);
  expect(await remote.pushBlob(BLOB, { onSent: (bytes) => sent.push(bytes) })).toBe("sent");
  expect(sent).toHaveLength(5);
  expect((await remote.pushManifest(MANIFEST)).size).toBe(BYTES.length);
});
