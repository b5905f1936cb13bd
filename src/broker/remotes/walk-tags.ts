// SPDX-License-Identifier: MIT OR Apache-2.0
import { isOurTag } from "../../remote/format/tag.ts";
import type { RemoteReader, RequestOptions } from "../../remote/remote.ts";
import type { TagFilter } from "./tag-filter.ts";

/** Tags of others, as far as they were passed. */
export type OnForeign = (tag: string) => void;

/**
 * Tags with names like ours that a filter lets through, in the order of names. Where the filter knows how they begin,
 * only those parts of the list are asked for. Throws as the remote does.
 */
export async function* walkTags(
  remote: Pick<RemoteReader, "tags">,
  { prefixes, mayHold }: TagFilter,
  options: RequestOptions = {},
  onForeign: OnForeign = () => {},
): AsyncGenerator<string, void, undefined> {
  for (const prefix of prefixes) {
    for await (const tag of remote.tags({ ...options, ...(prefix !== "" && { after: prefix }) })) {
      if (!tag.startsWith(prefix)) break;
      if (!isOurTag(tag)) onForeign(tag);
      else if (mayHold(tag)) yield tag;
    }
  }
}
