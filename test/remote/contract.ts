// SPDX-License-Identifier: MIT OR Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { GreenError } from "../../src/error.ts";
import { toOci } from "../../src/remote/descriptor.ts";
import { MAX_MANIFEST_BYTES } from "../../src/remote/limits.ts";
import {
  DOCKER_MANIFEST,
  OCI_IMAGE_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
  UNIT_ARTIFACT,
} from "../../src/remote/media-types.ts";
import type { BlobSource, Remote } from "../../src/remote/remote.ts";
import { digestOf } from "../../src/unit/digest.ts";
import {
  blobOf,
  collect,
  descriptorOf,
  indexOf,
  listed,
  manifestOf,
  pushImage,
  randomBlob,
} from "../support/remote-content.ts";

/** What the contract is tried on: a place with nothing in it. */
export interface ContractSubject {
  readonly remote: Remote;
  /** Opens the same place again, as another process would. The subject closes what it opened. */
  reopen(): Promise<Remote>;
  /** Changes the bytes of a stored blob, but not how many there are; undefined where a test cannot reach them. */
  readonly damage?: ((digest: string) => Promise<void>) | undefined;
  close(): Promise<void>;
}

export interface ContractOptions {
  /** False: the place refuses to remove anything. */
  readonly removes?: boolean;
  /** False: manifests of Docker's own types are not taken. */
  readonly docker?: boolean;
}

/** What every kind of remote must do, as tests; `open` is called before each of them. */
export function remoteContract(
  name: string,
  open: () => Promise<ContractSubject>,
  { removes = true, docker = true }: ContractOptions = {},
): void {
  describe(`${name}, as a remote,`, { timeout: 60_000 }, () => {
    let subject: ContractSubject;
    let remote: Remote;

    beforeEach(async () => {
      subject = await open();
      remote = subject.remote;
    });
    afterEach(() => subject.close());

    const failure = (code: GreenError["code"]) =>
      expect.objectContaining({ name: "GreenError", code, side: remote.name });
    const tagsOf = (options?: Parameters<Remote["tags"]>[0]) => listed(remote.tags(options));

    describe("with nothing in it", () => {
      test("has no tags, manifests or blobs", async () => {
        const { descriptor } = randomBlob(10);
        expect(await tagsOf()).toEqual([]);
        expect(await tagsOf({ after: "a" })).toEqual([]);
        expect(await remote.manifest("latest")).toBeUndefined();
        expect(await remote.manifest(descriptor.digest)).toBeUndefined();
        expect(await remote.hasBlob(descriptor)).toBe(false);
        await expect(collect(remote.blob(descriptor))).rejects.toEqual(failure("not-found"));
      });

      test.runIf(removes)("has nothing to remove, which is no failure", async () => {
        await remote.removeManifest(randomBlob(10).descriptor.digest);
      });

      test("tells where it is without credentials", () => {
        expect(remote.url).not.toContain("@");
        expect(remote.name).not.toBe("");
      });
    });

    describe("keeps blobs", () => {
      test.each([[0], [1], [65_536], [7_000_001]])(
        "of %i bytes, and gives them back to others",
        async (size) => {
          const blob = randomBlob(size);
          expect(await remote.pushBlob(blob)).toMatch(/^(sent|there)$/); // Some places always have the empty one.
          expect(await remote.hasBlob(blob.descriptor)).toBe(true);
          const other = await subject.reopen();
          expect(Buffer.compare(await collect(other.blob(blob.descriptor)), blob.bytes)).toBe(0);
        },
      );

      test("once", async () => {
        const blob = randomBlob(100_000);
        const sent: number[] = [];
        expect(await remote.pushBlob(blob, { onSent: (bytes) => sent.push(bytes) })).toBe("sent");
        expect(sent.reduce((sum, bytes) => sum + bytes, 0)).toBe(100_000);
        expect(await remote.pushBlob(blob, { onSent: (bytes) => sent.push(bytes) })).toBe("there");
        expect(sent.reduce((sum, bytes) => sum + bytes, 0)).toBe(100_000);
      });

      test("that several send at once", async () => {
        const blob = randomBlob(300_000);
        const others = await Promise.all([subject.reopen(), subject.reopen()]);
        const outcomes = await Promise.all(
          [remote, remote, ...others, ...others].map((each) => each.pushBlob(blob)),
        );
        expect(outcomes.every((outcome) => outcome === "sent" || outcome === "there")).toBe(true);
        expect(Buffer.compare(await collect(remote.blob(blob.descriptor)), blob.bytes)).toBe(0);
      });

      test("sent and fetched many at a time", async () => {
        const blobs = Array.from({ length: 60 }, (_, at) => randomBlob(1000 + at));
        await Promise.all(blobs.map((blob) => remote.pushBlob(blob)));
        const back = await Promise.all(blobs.map((blob) => collect(remote.blob(blob.descriptor))));
        expect(back.every((bytes, at) => Buffer.compare(bytes, blobs[at]?.bytes ?? bytes) === 0)).toBe(true);
        expect(back).toHaveLength(60);
      });

      test("whose source nobody has under the name to mount from", async () => {
        const blob = randomBlob(5000);
        expect(await remote.pushBlob(blob, { mountFrom: "nobody/has-this" })).toBe("sent");
        expect(await remote.hasBlob(blob.descriptor)).toBe(true);
      });

      test("sent by force although they are there", async () => {
        const blob = randomBlob(5000);
        await remote.pushBlob(blob);
        expect(await remote.pushBlob(blob, { force: true })).toBe("sent");
        expect(Buffer.compare(await collect(remote.blob(blob.descriptor)), blob.bytes)).toBe(0);
      });

      test("of which only the beginning is read", async () => {
        const blob = randomBlob(4_000_000);
        await remote.pushBlob(blob);
        for await (const piece of remote.blob(blob.descriptor)) {
          expect(piece.length).toBeGreaterThan(0);
          break;
        }
        expect(await remote.hasBlob(blob.descriptor)).toBe(true);
      });
    });

    describe("does not keep blobs", () => {
      const wrong: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
        ["has other bytes", (bytes) => bytes.map((byte) => byte ^ 1)],
        ["is too short", (bytes) => bytes.subarray(1)],
        ["is too long", (bytes) => Buffer.concat([bytes, bytes])],
        ["is empty", () => new Uint8Array()],
      ];
      test.each(wrong)("whose source %s", async (_, change) => {
        const blob = randomBlob(200_000);
        const source: BlobSource = {
          descriptor: blob.descriptor,
          open: (offset = 0) => blobOf(change(blob.bytes)).open(offset),
        };
        await expect(remote.pushBlob(source)).rejects.toEqual(failure("corrupt"));
        expect(await remote.hasBlob(blob.descriptor)).toBe(false);
        expect(await remote.pushBlob(blob)).toBe("sent");
      });

      test("whose source fails half-way, and tells why", async () => {
        const blob = randomBlob(200_000);
        const source: BlobSource = {
          descriptor: blob.descriptor,
          async *open(offset = 0) {
            yield blob.bytes.subarray(offset, Math.max(offset, 100_000));
            throw new Error("the disk is gone");
          },
        };
        await expect(remote.pushBlob(source)).rejects.toThrow("the disk is gone");
        expect(await remote.hasBlob(blob.descriptor)).toBe(false);
        expect(await remote.pushBlob(blob)).toBe("sent");
      });
    });

    describe("gives no blob", () => {
      test.each([[-1], [1], [-4999], [1_000_000]])("whose size is %i off", async (off) => {
        const blob = randomBlob(5000);
        await remote.pushBlob(blob);
        const descriptor = { ...blob.descriptor, size: blob.descriptor.size + off };
        await expect(collect(remote.blob(descriptor))).rejects.toEqual(failure("corrupt"));
      });

      test("that was damaged, and takes it again by force", async ({ skip }) => {
        const blob = randomBlob(5000);
        await remote.pushBlob(blob);
        if (subject.damage === undefined) return skip("nobody can reach what it keeps");
        await subject.damage(blob.descriptor.digest);
        await expect(collect(remote.blob(blob.descriptor))).rejects.toEqual(failure("corrupt"));
        expect(await remote.pushBlob(blob, { force: true })).toBe("sent");
        expect(Buffer.compare(await collect(remote.blob(blob.descriptor)), blob.bytes)).toBe(0);
      });
    });

    describe("keeps manifests", () => {
      test("under a tag and their digest, to the byte", async () => {
        const config = blobOf("{}", OCI_IMAGE_CONFIG);
        const layer = randomBlob(1000);
        await Promise.all([remote.pushBlob(config), remote.pushBlob(layer)]);
        const { bytes } = manifestOf(config.descriptor, [layer.descriptor], { "dev.example": "ä \u{1f980}" });
        const pushed = await remote.pushManifest({ mediaType: OCI_MANIFEST, bytes, tag: "1.0_x-Y" });
        expect(pushed).toMatchObject(descriptorOf(bytes, OCI_MANIFEST));

        const other = await subject.reopen();
        for (const reference of ["1.0_x-Y", pushed.digest]) {
          const found = await other.manifest(reference);
          expect(found?.descriptor).toMatchObject(descriptorOf(bytes, OCI_MANIFEST));
          expect(Buffer.from(found?.bytes ?? []).toString()).toBe(Buffer.from(bytes).toString());
        }
        expect(await tagsOf()).toEqual(["1.0_x-Y"]);
      });

      test("without a tag", async () => {
        const { digest } = await pushImage(remote, "untagged");
        expect((await remote.manifest(digest))?.descriptor.digest).toBe(digest);
        expect(await tagsOf()).toEqual([]);
      });

      test("twice, and under several tags, one of which moves", async () => {
        const first = await pushImage(remote, "first", "a");
        await pushImage(remote, "first", "a");
        await pushImage(remote, "first", "b");
        const second = await pushImage(remote, "second", "a");
        expect((await remote.manifest("a"))?.descriptor.digest).toBe(second.digest);
        expect((await remote.manifest("b"))?.descriptor.digest).toBe(first.digest);
        expect((await remote.manifest(first.digest))?.descriptor.digest).toBe(first.digest);
        expect(await tagsOf()).toEqual(["a", "b"]);
      });

      test("of artifacts", async () => {
        const config = blobOf("{}", "application/vnd.oci.empty.v1+json");
        await remote.pushBlob(config);
        const bytes = Buffer.from(
          JSON.stringify({
            ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: UNIT_ARTIFACT },
            ...{ config: config.descriptor, layers: [config.descriptor] },
          }),
        );
        await remote.pushManifest({ mediaType: OCI_MANIFEST, bytes, tag: "artifact" });
        expect(Buffer.from((await remote.manifest("artifact"))?.bytes ?? []).toString()).toBe(
          bytes.toString(),
        );
      });

      test("that list others", async () => {
        const images = await Promise.all(["one", "two"].map((text) => pushImage(remote, text)));
        const index = indexOf(images.map((image) => ({ ...image, mediaType: OCI_MANIFEST })));
        const { digest } = await remote.pushManifest({ ...index, tag: "index" });
        const found = await remote.manifest("index");
        expect(found?.descriptor).toMatchObject({ digest, mediaType: OCI_INDEX });
        expect(Buffer.from(found?.bytes ?? []).toString()).toBe(Buffer.from(index.bytes).toString());
      });

      test.runIf(docker)("of Docker's own type", async () => {
        const config = blobOf("{}", "application/vnd.docker.container.image.v1+json");
        const layer = blobOf("layer", "application/vnd.docker.image.rootfs.diff.tar.gzip");
        await Promise.all([remote.pushBlob(config), remote.pushBlob(layer)]);
        const document = {
          ...{ schemaVersion: 2, mediaType: DOCKER_MANIFEST },
          ...{ config: config.descriptor, layers: [layer.descriptor] },
        };
        const bytes = Buffer.from(JSON.stringify(document));
        const { digest } = await remote.pushManifest({ mediaType: DOCKER_MANIFEST, bytes, tag: "docker" });
        expect((await remote.manifest("docker"))?.descriptor).toMatchObject({
          digest,
          mediaType: DOCKER_MANIFEST,
        });
      });

      test("that are nearly as large as any may be", async () => {
        const config = blobOf("{}", OCI_IMAGE_CONFIG);
        await remote.pushBlob(config);
        const manifest = manifestOf(config.descriptor, [], { "dev.example": "x".repeat(2_000_000) });
        await remote.pushManifest({ ...manifest, tag: "large" });
        expect((await remote.manifest("large"))?.bytes.length).toBe(manifest.bytes.length);
      });

      test("but no larger ones", async () => {
        const config = blobOf("{}", OCI_IMAGE_CONFIG);
        await remote.pushBlob(config);
        const manifest = manifestOf(config.descriptor, [], { "dev.example": "x".repeat(MAX_MANIFEST_BYTES) });
        await expect(remote.pushManifest({ ...manifest, tag: "large" })).rejects.toEqual(failure("refused"));
        expect(await tagsOf()).toEqual([]);
      });

      test("pushed by several at once under one tag", async () => {
        const others = await Promise.all([subject.reopen(), subject.reopen(), subject.reopen()]);
        const pushed = await Promise.all(
          others.map((other, at) => pushImage(other, `machine ${at % 2}`, "shared")),
        );
        const found = await remote.manifest("shared");
        expect(pushed.map(({ digest }) => digest)).toContain(found?.descriptor.digest);
        for (const { digest } of pushed)
          expect((await remote.manifest(digest))?.descriptor.digest).toBe(digest);
      });
    });

    test.each([["../up"], ["a/b"], [""], ["-a"], ["a".repeat(129)], ["a?b"], ["sha256:abc"], ["a\nb"]])(
      "takes %j for no tag",
      async (reference) => {
        const config = blobOf("{}", OCI_IMAGE_CONFIG);
        await remote.pushBlob(config);
        await expect(remote.manifest(reference)).rejects.toEqual(failure("usage"));
        await expect(
          remote.pushManifest({ ...manifestOf(config.descriptor), tag: reference }),
        ).rejects.toEqual(failure("usage"));
      },
    );

    describe("lists tags", () => {
      const names = ["B", "_", "a", "a-1", "a.1", "a10", "a2", "aa", "b", "z".repeat(128), "0"];
      const sorted = [...names].sort();

      beforeEach(async () => {
        const config = blobOf("{}", OCI_IMAGE_CONFIG);
        await remote.pushBlob(config);
        for (const tag of names) await remote.pushManifest({ ...manifestOf(config.descriptor), tag });
      });

      test.each([[undefined], [1], [3], [11], [100]])("in order, %s at a time", async (page) => {
        expect(await tagsOf({ page })).toEqual(sorted);
      });

      test.each([["a"], ["a1"], ["A"], ["0"], ["z".repeat(128)], ["zz"], ["~"], [""]])(
        "after %j",
        async (after) => {
          const expected = sorted.filter((tag) => tag > after);
          expect(await tagsOf({ after })).toEqual(expected);
          expect(await tagsOf({ after, page: 2 })).toEqual(expected);
        },
      );

      test("until nobody asks for more", async () => {
        const seen: string[] = [];
        for await (const tag of remote.tags({ page: 2 })) {
          seen.push(tag);
          if (seen.length === 3) break;
        }
        expect(seen).toEqual(sorted.slice(0, 3));
      });
    });

    describe.runIf(removes)("removes a manifest", () => {
      test("with its tags, and nothing else", async () => {
        const gone = await pushImage(remote, "gone", "a");
        await pushImage(remote, "gone", "b");
        const stays = await pushImage(remote, "stays", "c");
        await remote.removeManifest(gone.digest);
        await remote.removeManifest(gone.digest);
        const other = await subject.reopen();
        for (const reference of ["a", "b", gone.digest])
          expect(await other.manifest(reference)).toBeUndefined();
        expect((await other.manifest("c"))?.descriptor.digest).toBe(stays.digest);
        expect(await listed(other.tags())).toEqual(["c"]);
      });

      test("that can be pushed again", async () => {
        const { digest } = await pushImage(remote, "comes back", "a");
        await remote.removeManifest(digest);
        await pushImage(remote, "comes back", "a");
        expect((await remote.manifest("a"))?.descriptor.digest).toBe(digest);
      });
    });

    test.runIf(!removes)("says that it removes nothing, and what to do", async () => {
      const { digest } = await pushImage(remote, "stays", "a");
      const refusal = await remote.removeManifest(digest).catch((error: unknown) => error);
      expect(refusal).toEqual(failure("refused"));
      expect(refusal).toHaveProperty("hint", expect.any(String));
      expect((await remote.manifest("a"))?.descriptor.digest).toBe(digest);
    });

    describe("ends with its signal's reason", () => {
      test("whatever it has not begun", async () => {
        const blob = randomBlob(10);
        const reason = new Error("nobody waits any more");
        const options = { signal: AbortSignal.abort(reason) };
        const { bytes } = manifestOf(blob.descriptor);
        await expect(remote.manifest("a", options)).rejects.toBe(reason);
        await expect(collect(remote.blob(blob.descriptor, options))).rejects.toBe(reason);
        await expect(remote.hasBlob(blob.descriptor, options)).rejects.toBe(reason);
        await expect(listed(remote.tags(options))).rejects.toBe(reason);
        await expect(remote.pushBlob(blob, options)).rejects.toBe(reason);
        await expect(remote.pushManifest({ mediaType: OCI_MANIFEST, bytes }, options)).rejects.toBe(reason);
        await expect(remote.removeManifest(toOci(digestOf(bytes)), options)).rejects.toBe(reason);
        expect(await remote.hasBlob(blob.descriptor)).toBe(false);
      });

      test("a blob that is being sent, of which nothing is there then", async () => {
        const blob = randomBlob(1_000_000);
        const reason = new Error("nobody waits any more");
        const controller = new AbortController();
        const source: BlobSource = {
          descriptor: blob.descriptor,
          async *open(offset = 0) {
            yield blob.bytes.subarray(offset, Math.max(offset, 500_000));
            controller.abort(reason);
            yield blob.bytes.subarray(Math.max(offset, 500_000));
          },
        };
        await expect(remote.pushBlob(source, { signal: controller.signal })).rejects.toBe(reason);
        expect(await remote.hasBlob(blob.descriptor)).toBe(false);
        expect(await remote.pushBlob(blob)).toBe("sent");
      });

      test("a blob that is being fetched", async () => {
        const blob = randomBlob(4_000_000);
        await remote.pushBlob(blob);
        const reason = new Error("nobody waits any more");
        const controller = new AbortController();
        const read = async () => {
          for await (const _ of remote.blob(blob.descriptor, { signal: controller.signal })) {
            controller.abort(reason);
          }
        };
        await expect(read()).rejects.toBe(reason);
      });
    });
  });
}
