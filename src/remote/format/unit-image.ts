// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { UnitRecord } from "../../unit/record.ts";
import type { Descriptor, OciDigest } from "../descriptor.ts";
import { OCI_IMAGE_CONFIG, UNIT_ARTIFACT } from "../media-types.ts";
import type { StoredManifest } from "../remote.ts";
import { DIFF_ID, unitAnnotations } from "./annotations.ts";
import { decodeManifest, describe, encodeManifest } from "./manifest.ts";

/** Where the record lies in an image; nothing that is copied from `/target` meets it. */
export const RECORD_PATH = "cargo-green/unit.json.zst";

/** A unit as an image that docker, podman and others can pull, and `COPY --from=` copies from. */
export interface UnitImage {
  readonly manifest: Buffer;
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Buffer };
}

/**
 * @param layers the unit's files (if it has any), the record (a pack's config of this one unit, at RECORD_PATH)
 */
export function makeUnitImage(record: UnitRecord, layers: readonly Descriptor[]): UnitImage {
  const bytes = Buffer.from(
    JSON.stringify({
      ...platformOf(record.identity.triple),
      config: {},
      rootfs: { type: "layers", diff_ids: layers.map(diffIdOf) },
    }),
  );
  const config = describe(OCI_IMAGE_CONFIG, bytes);
  const annotations = unitAnnotations(record);
  const manifest = encodeManifest({ artifactType: UNIT_ARTIFACT, config, layers, annotations });
  return { manifest, config: { descriptor: config, bytes } };
}

/** Layers of a unit's image: the record's is the last. */
export interface UnitManifest {
  readonly files: Descriptor | undefined;
  readonly record: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Reads a unit's manifest. Throws GreenError "corrupt" with `what` in it. */
export function readUnitManifest({ bytes }: StoredManifest, what: string): UnitManifest {
  const { layers, annotations } = decodeManifest(bytes, what);
  const record = layers.at(-1);
  if (record === undefined || layers.length > 2)
    throw new GreenError("corrupt", `${what} is no unit of cargo-green's`);
  return { files: layers.length === 2 ? layers[0] : undefined, record, annotations };
}

function diffIdOf({ annotations, digest }: Descriptor): OciDigest | string {
  return annotations?.[DIFF_ID] ?? digest;
}

/** Architectures as Go calls them, which is what images use: https://go.dev/doc/install/source#environment */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  ...{ x86_64: "amd64", aarch64: "arm64", i686: "386", i586: "386", armv7: "arm", arm: "arm" },
  ...{ riscv64gc: "riscv64", powerpc64le: "ppc64le", s390x: "s390x", wasm32: "wasm", loongarch64: "loong64" },
};
const SYSTEMS: Readonly<Record<string, string>> = {
  ...{ linux: "linux", darwin: "darwin", windows: "windows", freebsd: "freebsd", wasi: "wasip1" },
};

/** The platform that an image is for. What has no name there is said to be for Linux on x86-64. */
function platformOf(triple: string): { readonly architecture: string; readonly os: string } {
  const parts = triple.split("-");
  return {
    architecture: ARCHITECTURES[parts[0] ?? ""] ?? "amd64",
    os: parts.flatMap((each) => SYSTEMS[each] ?? [])[0] ?? "linux",
  };
}
