// SPDX-License-Identifier: MIT OR Apache-2.0
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { unitUrl } from "../../src/containerfile/unit-url.ts";
import { type Descriptor, type OciDigest, toOci } from "../../src/remote/descriptor.ts";
import { BUILDKIT_CACHE_CONFIG, OCI_INDEX, OCI_MANIFEST } from "../../src/remote/media-types.ts";
import type { Remote } from "../../src/remote/remote.ts";
import { digestOf } from "../../src/unit/digest.ts";
import type { UnitIdentity } from "../../src/unit/record.ts";

const GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
const CREATED = "2026-11-28T06:37:05.351673482Z";

/** A layer of a sample cache. */
export interface SampleLayer {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

export const SERDE: UnitIdentity = {
  ...{ package: "serde", version: "1.0.228", source: "crates-io", target: "serde", kind: "lib" },
  ...{ features: ["std"], triple: "x86_64-unknown-linux-gnu", profile: "release", rustc: "1.95.0" },
  mode: "build",
};
export const APP: UnitIdentity = {
  ...SERDE,
  package: "app",
  version: "0.1.0",
  source: "path",
  target: "app",
};

/** What BuildKit keeps of a unit, or with undefined of something else. */
export async function sampleLayer(identity: UnitIdentity | undefined): Promise<SampleLayer> {
  const archive = pack();
  if (identity !== undefined) archive.entry({ name: ".unit" }, `${unitUrl(identity)}\n`);
  archive.entry({ name: "files/lib.rlib" }, JSON.stringify(identity ?? "something else"));
  archive.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece as Uint8Array);
  const bytes = gzipSync(Buffer.concat(pieces));
  const annotations = { "buildkit/createdat": CREATED };
  return {
    descriptor: { mediaType: GZIP, digest: toOci(digestOf(bytes)), size: bytes.length, annotations },
    bytes,
  };
}

/** A config of a cache in which each layer but the first is built upon the one before; `inBucket`: as buckets have it. */
export function sampleConfig(layers: readonly SampleLayer[], inBucket = false): Buffer {
  const keyOf = (name: string) => toOci(digestOf(name));
  const document = {
    layers: layers.map(({ descriptor: { digest: blob, mediaType, size } }) => ({
      ...{ blob, parent: -1 },
      ...(inBucket && { annotations: { mediaType, size, diffID: keyOf(blob), createdAt: CREATED } }),
    })),
    records: [
      { digest: keyOf("base") },
      ...layers.map((_, at) => ({
        digest: keyOf(`${at}`),
        layers: [{ layer: at, createdAt: CREATED }],
        inputs: [[{ link: 0 }], ...(at === 0 ? [] : [[{ link: at, selector: keyOf("files") }]])],
      })),
    ],
  };
  return Buffer.from(JSON.stringify(document));
}

/** Puts a cache where BuildKit would: `image` and `index` are the two forms of its manifest. */
export async function pushSampleCache(
  remote: Remote,
  tag: string,
  layers: readonly SampleLayer[],
  form: "image" | "index" = "image",
): Promise<OciDigest> {
  const config = sampleConfig(layers);
  const descriptor = {
    ...{ mediaType: BUILDKIT_CACHE_CONFIG, digest: toOci(digestOf(config)), size: config.length },
  };
  const blobs = [...layers, { descriptor, bytes: config }];
  for (const blob of blobs) {
    const open = async function* (from = 0) {
      yield blob.bytes.subarray(from);
    };
    await remote.pushBlob({ descriptor: blob.descriptor, open });
  }
  const listed = layers.map((layer) => layer.descriptor);
  const document =
    form === "image"
      ? { schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor, layers: listed }
      : { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...listed, descriptor] };
  const { mediaType } = document;
  const { digest } = await remote.pushManifest({
    ...{ mediaType, bytes: Buffer.from(JSON.stringify(document)), tag },
  });
  return digest;
}
