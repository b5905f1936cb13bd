// SPDX-License-Identifier: MIT OR Apache-2.0
import { digestOf } from "../../unit/digest.ts";
import { isOciDigest, toOci } from "../descriptor.ts";
import { MAX_MANIFEST_BYTES } from "../limits.ts";
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from "../media-types.ts";
import { checkedReference } from "../reference.ts";
import type { StoredManifest } from "../remote.ts";
import type { HttpResponse } from "./http.ts";
import type { RegistrySession } from "./registry-session.ts";

const TYPES: readonly string[] = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
export async function readManifest(
  session: RegistrySession,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<StoredManifest | undefined> {
  const what = `manifest "${checkedReference(reference, session.side)}"`;
  const { response, bytes } = await session.fetch(
    {
      ...{ method: "GET", path: `manifests/${reference}`, action: "pull", what },
      ...{ headers: { accept: TYPES.join(", ") }, expected: [200, 404], signal },
    },
    MAX_MANIFEST_BYTES,
  );
  if (response.status === 404) return undefined;
  const digest = toOci(digestOf(bytes));
  // A registry may name another algorithm's digest, which says nothing to us.
  const named = response.header("docker-content-digest");
  const wanted = isOciDigest(reference) ? reference : named?.startsWith("sha256:") ? named : digest;
  if (digest !== wanted) throw session.error("corrupt", `The ${what} is not what its digest says`);
  const mediaType = mediaTypeOf(response, bytes);
  if (mediaType === undefined) throw session.error("protocol", `The ${what} has no type, or two`);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

/** What the header says, where the manifest says nothing else; some registries give a general type there. */
function mediaTypeOf(response: HttpResponse, bytes: Uint8Array): string | undefined {
  const header = response.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  const inside = innerType(bytes);
  const outside = header !== undefined && TYPES.includes(header) ? header : undefined;
  if (inside !== undefined && outside !== undefined && inside !== outside) return undefined;
  return inside ?? outside ?? header;
}

function innerType(bytes: Uint8Array): string | undefined {
  try {
    const { mediaType } = JSON.parse(Buffer.from(bytes).toString("utf8")) as Record<string, unknown>;
    return typeof mediaType === "string" ? mediaType : undefined;
  } catch {
    return undefined; // Whoever wanted it will say that it is no manifest.
  }
}
