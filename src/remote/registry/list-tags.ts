// SPDX-License-Identifier: MIT OR Apache-2.0
import { DEFAULT_PAGE, type TagOptions } from "../remote.ts";
import type { RegistrySession } from "./registry-session.ts";
import { tagPages } from "./tag-pages.ts";

/** So many tags in order are no chance: registries that sort can be asked for those after a text. */
const PROOF_OF_ORDER = 100;
/** More than any registry has; what goes on for ever is stopped. */
const MAX_TAGS = 2_000_000;

/**
 * Tags in lexical order: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 * Registries should give them so, but some give them by age, and then `last` means something else too. So the order is
 * checked as they come, and the first are held back until it is trusted. Where it is found wrong, all are read, and those
 * not given out yet follow in order.
 */
export class TagLister {
  readonly #session: RegistrySession;
  #order: "unknown" | "sorted" | "unsorted" = "unknown";

  constructor(session: RegistrySession) {
    this.#session = session;
  }

  async *list(options: TagOptions): AsyncGenerator<string, void, undefined> {
    const { after = "", signal } = options;
    const given = new Set<string>();
    for await (const tags of this.#inOrder(options)) {
      for (const tag of tags) {
        if (tag <= after) continue;
        given.add(tag);
        yield tag;
        signal?.throwIfAborted();
      }
      this.#limit(given.size);
    }
    if (this.#order !== "unsorted") return;
    for (const tag of await this.#all(options)) {
      if (tag <= after || given.has(tag)) continue;
      yield tag;
      signal?.throwIfAborted();
    }
  }

  /** Tags as long as they are in order; begins near `after` if the registry is known to sort. */
  async *#inOrder(options: TagOptions): AsyncGenerator<readonly string[], void, undefined> {
    const { after = "", page = DEFAULT_PAGE, signal } = options;
    if (this.#order === "unsorted") return;
    let held: string[] = [];
    let last = "";
    const jumps = after !== "" && this.#order === "sorted";
    for await (const tags of tagPages(this.#session, page, jumps ? after : undefined, signal)) {
      if (!follows(last, tags)) {
        this.#order = "unsorted";
        return;
      }
      last = tags.at(-1) ?? last;
      held.push(...tags);
      if (this.#order === "unknown" && held.length < PROOF_OF_ORDER) continue;
      const isNews = this.#order === "unknown";
      this.#order = "sorted";
      // Now it can be asked for what is wanted, rather than for all that is before it.
      if (isNews && last < after) return yield* this.#inOrder(options);
      yield held;
      held = [];
    }
    // Somebody who knows the repository, but no tag of that name, does not look for what comes after it.
    if (jumps && last === "") this.#order = "unsorted";
    yield held;
  }

  async #all({ page = DEFAULT_PAGE, signal }: TagOptions): Promise<readonly string[]> {
    const all = new Set<string>();
    for await (const tags of tagPages(this.#session, page, undefined, signal)) {
      for (const tag of tags) all.add(tag);
      this.#limit(all.size);
    }
    return [...all].sort();
  }

  #limit(count: number): void {
    if (count > MAX_TAGS) throw this.#session.error("protocol", "The list of tags does not end");
  }
}

/** True if tags are in order, without doubles, and after another. */
function follows(before: string, tags: readonly string[]): boolean {
  return tags.every((tag, at) => tag > (tags[at - 1] ?? before));
}
