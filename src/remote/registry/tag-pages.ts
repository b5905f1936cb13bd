// SPDX-License-Identifier: MIT OR Apache-2.0
import { isTag } from "../reference.ts";
import { nextLink } from "./link-header.ts";
import type { RegistrySession } from "./registry-session.ts";

/** 64 MiB: some registries give all tags at once, and 128 bytes each is much. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** Pages without a single tag, one after the other. */
const MAX_EMPTY_PAGES = 100;

/**
 * A repository's tags in pages, as the registry gives them; none if it does not know the repository.
 * Follows Link headers, else asks for what comes after the last tag of a full page, until nothing new comes.
 */
export async function* tagPages(
  session: RegistrySession,
  page: number,
  after: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly string[], void, undefined> {
  const pathAfter = (last: string | undefined) =>
    `tags/list?${new URLSearchParams({ n: String(page), ...(last === undefined ? {} : { last }) })}`;
  const visited = new Set<string>();
  let path: string | URL = pathAfter(after);
  let previous: readonly string[] = [];
  for (let empty = 0; empty < MAX_EMPTY_PAGES; ) {
    const { response, bytes } = await session.fetch(
      { method: "GET", path, action: "pull", what: "list of tags", expected: [200, 404], signal },
      MAX_PAGE_BYTES,
    );
    if (response.status === 404) return;
    const tags = parseTags(session, bytes);
    const asked = typeof path === "string" && previous.length > 0;
    if (asked && tags.every((tag) => previous.includes(tag))) return;
    yield tags;
    empty = tags.length === 0 ? empty + 1 : 0;
    const link = nextLink(response.header("link") ?? "");
    const last = tags.at(-1);
    if (link !== undefined) {
      path = await session.named(link, response.url);
      if (!(await session.isOwn(path)))
        throw session.error("protocol", "The next page of tags is on another host");
      if (visited.has(path.href)) throw session.error("protocol", "The pages of tags go in circles");
      visited.add(path.href);
    } else if (last !== undefined && tags.length === page) {
      path = pathAfter(last);
    } else {
      return;
    }
    previous = tags;
  }
  throw session.error("protocol", "The pages of tags are empty");
}

/** What is no tag is left out: names of ours never look like that. */
function parseTags(session: RegistrySession, bytes: Uint8Array): readonly string[] {
  try {
    const { tags } = JSON.parse(Buffer.from(bytes).toString("utf8")) as Record<string, unknown>;
    if (Array.isArray(tags))
      return tags.filter((tag): tag is string => typeof tag === "string" && isTag(tag));
    if (tags === null || tags === undefined) return [];
  } catch {
    // Said below.
  }
  throw session.error("protocol", "The list of tags cannot be understood");
}
