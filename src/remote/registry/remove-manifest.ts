// SPDX-License-Identifier: MIT OR Apache-2.0
import type { OciDigest } from "../descriptor.ts";
import type { RegistrySession } from "./registry-session.ts";

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-manifests */
export async function removeManifest(
  session: RegistrySession,
  digest: OciDigest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const response = await session.send({
    ...{
      method: "DELETE",
      path: `manifests/${digest}`,
      action: "delete",
      what: `manifest "${digest}"`,
      signal,
    },
    ...{ digest, expected: [200, 202, 204, 404] },
  });
  await response.discard();
}
