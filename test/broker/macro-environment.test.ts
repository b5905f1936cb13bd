// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { type ExecutableStore, namesReadBy } from "../../src/broker/macro-environment.ts";
import { GreenError } from "../../src/error.ts";
import { type Digest, digestOf } from "../../src/unit/digest.ts";

/** A store that counts what is read of it. */
function storeOf(...contents: readonly string[]) {
  const files = new Map(contents.map((content) => [digestOf(content), Buffer.from(content)]));
  const memos = new Map<string, string>();
  const reads: Digest[] = [];
  const store: ExecutableStore = {
    async read(digest) {
      reads.push(digest);
      const bytes = files.get(digest);
      if (bytes === undefined) throw new GreenError("not-found", digest);
      return bytes;
    },
    memo: (namespace, key) => memos.get(`${namespace} ${key}`),
    remember: (namespace, key, value) => void memos.set(`${namespace} ${key}`, value),
  };
  return { store, reads, digests: [...files.keys()] };
}

const env = (...names: readonly string[]) => new Map(names.map((name) => [name, "value"]));

describe("namesReadBy", () => {
  it("finds the variables that are set and that some executable knows, sorted and once", async () => {
    const { store, digests } = storeOf("..SQLX_OFFLINEDATABASE_URL..", "DATABASE_URL and NOT_SET");
    expect(await namesReadBy(digests, env("SQLX_OFFLINE", "OTHER", "DATABASE_URL"), store)).toEqual([
      "DATABASE_URL",
      "SQLX_OFFLINE",
    ]);
  });

  it("does not ask for what says nothing about a result", async () => {
    const { store, digests } = storeOf("TERM CARGO_MAKEFLAGS NUM_JOBS X_TERM");
    expect(await namesReadBy(digests, env("TERM", "CARGO_MAKEFLAGS", "NUM_JOBS", "X_TERM"), store)).toEqual([
      "X_TERM",
    ]);
  });

  it.each([
    ["blanks", ["A B", "A", "B"], "..A B..", ["A", "A B", "B"]],
    ["umlauts", ["ÄRGER", "日本"], "..ÄRGER..日本", ["ÄRGER", "日本"]],
    ["nothing found", ["FOO"], "..", []],
  ])("gives the same answer from memory, without reading: %s", async (_, names, content, expected) => {
    const { store, reads, digests } = storeOf(content);
    expect(await namesReadBy(digests, env(...names), store)).toEqual(expected);
    expect(await namesReadBy(digests, env(...names), store)).toEqual(expected);
    expect(reads).toHaveLength(1);
  });

  it("looks again when another variable is set", async () => {
    const { store, digests } = storeOf("FIRST SECOND");
    expect(await namesReadBy(digests, env("FIRST"), store)).toEqual(["FIRST"]);
    expect(await namesReadBy(digests, env("FIRST", "SECOND"), store)).toEqual(["FIRST", "SECOND"]);
  });

  it("fails rather than answer for an executable that is gone", async () => {
    const { store } = storeOf();
    await expect(namesReadBy([digestOf("gone")], env("A"), store)).rejects.toMatchObject({
      code: "not-found",
    });
  });
});
