// SPDX-License-Identifier: MIT OR Apache-2.0

import { GreenError } from "../../src/error.ts";
import type { Descriptor } from "../../src/remote/descriptor.ts";
import { toOci } from "../../src/remote/descriptor.ts";
import type { NewManifest, Remote, StoredManifest } from "../../src/remote/remote.ts";
import { digestOf } from "../../src/unit/digest.ts";

/** A remote whose contents tests look at and change. */
export interface MemoryRemote extends Remote {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, StoredManifest>;
  /** What was asked, as `manifest TAG`, `blob DIGEST`, `has DIGEST`, `tags AFTER`, `push DIGEST`, `remove DIGEST`. */
  readonly asked: string[];
  /** Repositories that blobs were to be mounted from. */
  readonly mounts: (string | undefined)[];
}

export interface MemoryRemoteOptions {
  /** True: nothing is ever removed. */
  readonly keeps?: boolean;
  readonly repository?: string;
  readonly url?: string;
}

/** Keeps everything in memory. */
export function memoryRemote(
  name = "memory",
  { keeps = false, repository, url = `memory:${name}` }: MemoryRemoteOptions = {},
): MemoryRemote {
  const blobs = new Map<string, Uint8Array>();
  const manifests = new Map<string, StoredManifest>();
  const asked: string[] = [];
  const mounts: (string | undefined)[] = [];
  return {
    ...{ name, url, repository, blobs, manifests, asked, mounts },
    async manifest(reference) {
      asked.push(`manifest ${reference}`);
      return manifests.get(reference);
    },
    async *blob({ digest }) {
      asked.push(`blob ${digest}`);
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new GreenError("not-found", `No blob ${digest}`);
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
      if (toOci(digestOf(bytes)) !== digest) throw new GreenError("corrupt", "Other bytes");
    },
    async hasBlob({ digest, size }: Descriptor) {
      asked.push(`has ${digest}`);
      return blobs.get(digest)?.length === size;
    },
    async *tags({ after = "" } = {}) {
      asked.push(`tags ${after}`);
      yield* [...manifests.keys()].filter((tag) => tag > after && !tag.startsWith("sha256:")).sort();
    },
    async pushBlob({ descriptor, open }, { force, mountFrom, onSent } = {}) {
      asked.push(`push ${descriptor.digest}`);
      mounts.push(mountFrom);
      if (blobs.has(descriptor.digest) && force !== true) return "there";
      const chunks: Uint8Array[] = [];
      for await (const chunk of open()) {
        chunks.push(chunk);
        onSent?.(chunk.length);
      }
      blobs.set(descriptor.digest, Buffer.concat(chunks));
      return "sent";
    },
    async pushManifest({ mediaType, bytes, tag }: NewManifest) {
      const descriptor = { mediaType, digest: toOci(digestOf(bytes)), size: bytes.length };
      for (const reference of [descriptor.digest, ...(tag === undefined ? [] : [tag])])
        manifests.set(reference, { descriptor, bytes });
      return descriptor;
    },
    async removeManifest(digest) {
      asked.push(`remove ${digest}`);
      if (keeps) {
        throw new GreenError("refused", "The registry does not delete", {
          ...{ side: name, hint: "delete it on the provider's pages" },
        });
      }
      for (const [reference, { descriptor }] of manifests)
        if (descriptor.digest === digest) manifests.delete(reference);
    },
    close: async () => {},
  };
}
