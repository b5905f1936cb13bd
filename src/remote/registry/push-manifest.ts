// SPDX-License-Identifier: MIT OR Apache-2.0
import { digestOf } from "../../unit/digest.ts";
import { type Descriptor, toOci } from "../descriptor.ts";
import { MAX_MANIFEST_BYTES } from "../limits.ts";
import { checkedReference } from "../reference.ts";
import type { NewManifest } from "../remote.ts";
import type { RegistrySession } from "./registry-session.ts";
import { withRetries } from "./retry.ts";

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests */
export async function pushManifest(
  session: RegistrySession,
  { mediaType, bytes, tag }: NewManifest,
  signal: AbortSignal | undefined,
): Promise<Descriptor> {
  const digest = toOci(digestOf(bytes));
  const reference = checkedReference(tag ?? digest, session.side);
  const what = `manifest "${reference}"`;
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw session.error("refused", `The ${what} is larger than any registry takes: ${bytes.length} bytes`);
  }
  return withRetries(session.retries, signal, async () => {
    const response = await session.send({
      ...{ method: "PUT", path: `manifests/${reference}`, action: "push", what, signal },
      ...{ headers: { "content-type": mediaType }, body: bytes, expected: [200, 201] },
    });
    await response.discard();
    const named = response.header("docker-content-digest");
    if (named?.startsWith("sha256:") === true && named !== digest) {
      // A tag leads to whatever came: what was spoilt on its way must not stay there.
      const message = `The registry has another ${what} than was sent`;
      return { kind: "again", error: session.error("protocol", message) };
    }
    return { kind: "done", value: { mediaType, digest, size: bytes.length } };
  });
}
