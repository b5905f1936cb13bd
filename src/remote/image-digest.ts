// SPDX-License-Identifier: MIT OR Apache-2.0
import type { OciDigest } from "./descriptor.ts";
import { openRemote, type RemoteContext } from "./open-remote.ts";

/** An image of a registry, by its tag. */
export interface TaggedImage {
  /** With the port, if there is one: `docker.io`, `localhost:5000`. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
}

/**
 * The digest that an image's tag leads to now, of all its platforms if it has several; undefined if there is none.
 * Throws what a registry's remote does.
 */
export async function readImageDigest(
  { host, repository, tag = "latest" }: TaggedImage,
  context: RemoteContext,
): Promise<OciDigest | undefined> {
  const url = `oci://${host}/${repository}`;
  const none = { ca: undefined, clientCert: undefined, clientKey: undefined };
  const registry = await openRemote(host, { ...{ url, insecure: false, mirrors: [] }, ...none }, context);
  try {
    return (await registry.manifest(tag))?.descriptor.digest;
  } finally {
    await registry.close();
  }
}
