// SPDX-License-Identifier: MIT OR Apache-2.0
import { lstat } from "node:fs/promises";
import type { LocalFile, LocalTree } from "../../../containerfile/container-unit.ts";
import type { LocalVertex } from "../../../containerfile/llb.ts";
import { FILE_NAME } from "../../../containerfile/llb-of-unit.ts";
import type { GreenError } from "../../../error.ts";
import { digestOf } from "../../../unit/digest.ts";
import { localFailure } from "../local-failure.ts";
import { readListedTree, readWholeTree } from "./read-tree.ts";
import type { SentEntry } from "./sent-entry.ts";

/** What a builder may ask this process for. */
export interface Offers {
  /**
   * A digest that decides about what is sent of a tree: its identity, or that of its files if they are listed, as these
   * may change. Then what is sent is just that, or the builder gets nothing. Throws "not-found" or "environment".
   */
  contentOf(tree: LocalTree): Promise<string>;
  add(sources: readonly LocalVertex[]): void;
  /** What there is under a name and with a content; undefined if that was not offered. */
  find(name: string, content: string): Promise<readonly SentEntry[]> | undefined;
  /** Notes why something could not be sent: a builder does not repeat it in our words. */
  noteFailure(name: string, content: string, why: GreenError): void;
  /** Why one of them could not be sent the last time; undefined if none was tried in vain. */
  failureOf(sources: readonly LocalVertex[]): GreenError | undefined;
}

export function createOffers(): Offers {
  const listed = new WeakMap<LocalTree, Promise<readonly SentEntry[]>>();
  const offered = new Map<string, LocalVertex>();
  const failures = new Map<string, GreenError>();
  const entriesOf = (tree: LocalTree): Promise<readonly SentEntry[]> => {
    if (tree.files === undefined) return readWholeTree(tree);
    const known = listed.get(tree);
    if (known !== undefined) return known;
    const read = readListedTree(tree.directory, tree.files).catch((thrown: unknown) => {
      throw localFailure(thrown);
    });
    listed.set(tree, read);
    read.catch(() => listed.delete(tree));
    return read;
  };
  return {
    async contentOf(tree) {
      if (tree.files === undefined) return digestOf(tree.identity);
      const entries = await entriesOf(tree);
      return digestOf(JSON.stringify(entries.map((entry) => ({ ...entry, from: undefined }))));
    },
    add(sources) {
      for (const source of sources) {
        const key = keyOf(source.name, source.content);
        offered.set(key, source);
        failures.delete(key);
      }
    },
    find(name, content) {
      const source = offered.get(keyOf(name, content))?.source;
      if (source === undefined) return undefined;
      return source.kind === "tree" ? entriesOf(source.tree) : entriesOfFile(source.file);
    },
    noteFailure: (name, content, why) => void failures.set(keyOf(name, content), why),
    failureOf(sources) {
      const failed = sources.find(({ name, content }) => failures.has(keyOf(name, content)));
      return failed && failures.get(keyOf(failed.name, failed.content));
    },
  };
}

function keyOf(name: string, content: string): string {
  return `${name} ${content}`;
}

async function entriesOfFile({ path, digest, executable }: LocalFile): Promise<readonly SentEntry[]> {
  const { size } = await lstat(path);
  return [{ kind: "file", path: FILE_NAME, executable, size, from: path, digest }];
}
