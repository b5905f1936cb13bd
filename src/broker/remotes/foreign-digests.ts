// SPDX-License-Identifier: MIT OR Apache-2.0
import { inOrder } from "../../in-order.ts";
import type { OciDigest } from "../../remote/descriptor.ts";
import { isOurTag } from "../../remote/format/tag.ts";
import { isIndexType, manifestLinks } from "../../remote/manifest-links.ts";
import type { Remote, RequestOptions } from "../../remote/remote.ts";

const CONCURRENCY = 8;

/**
 * The manifests that tags of others lead to, by themselves or through an index, by the tag. Removing a manifest removes
 * all tags that lead to it: so these are not to be removed, whosever they are. Throws as the remote does.
 */
export async function foreignDigests(
  remote: Remote,
  options: RequestOptions = {},
): Promise<ReadonlyMap<OciDigest, string>> {
  const found = new Map<OciDigest, string>();
  const read = async (tag: string) => ({ tag, stored: await remote.manifest(tag, options) });
  for await (const { tag, stored } of inOrder(CONCURRENCY, foreignTags(remote, options), read)) {
    if (stored === undefined) continue;
    const { descriptor, bytes } = stored;
    found.set(descriptor.digest, tag);
    if (!isIndexType(descriptor.mediaType)) continue;
    for (const { digest } of manifestLinks(bytes, remote.name).manifests) found.set(digest, tag);
  }
  return found;
}

async function* foreignTags(remote: Remote, options: RequestOptions): AsyncGenerator<string> {
  for await (const tag of remote.tags(options)) if (!isOurTag(tag)) yield tag;
}
