// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { RACY_MARGIN_MS } from "../../src/store/file-stat.ts";
import { openUnitStore } from "../../src/store/open-unit-store.ts";
import { digestOf } from "../../src/unit/digest.ts";
import { temporaryDirectory } from "./fixtures/temporary-directory.ts";

const FILES = ["a", "b"] as const;

/** What an editor, a checkout or a careful adversary of stat caches does between two builds. */
const edit = fc.oneof(
  fc.record({
    kind: fc.constant("write"),
    file: fc.constantFrom(...FILES),
    text: fc.constantFrom("x", "y", "zz"),
  }),
  fc.record({
    kind: fc.constant("replace"),
    file: fc.constantFrom(...FILES),
    text: fc.constantFrom("x", "y", "zz"),
  }),
  fc.record({
    kind: fc.constant("backdate"),
    file: fc.constantFrom(...FILES),
    text: fc.constantFrom("x", "y"),
  }),
  fc.record({ kind: fc.constant("swap"), file: fc.constant("a"), text: fc.constant("") }),
  fc.record({ kind: fc.constant("wait"), file: fc.constant("a"), text: fc.constant("") }),
  fc.record({ kind: fc.constant("flush"), file: fc.constant("a"), text: fc.constant("") }),
);

test("a remembered digest is always that of the file's bytes, however it was edited", async () => {
  const root = temporaryDirectory();
  const store = openUnitStore(join(root, "store"));
  onTestFinished(() => store.close());
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 3, maxLength: 12 }), async (edits) => {
      run += 1;
      const at = (file: string) => join(root, `${run}`, file);
      mkdirSync(join(root, `${run}`));
      for (const file of FILES) writeFileSync(at(file), "x");
      for (const { kind, file, text } of edits) {
        if (kind === "write" || kind === "backdate") writeFileSync(at(file), text);
        if (kind === "backdate") utimesSync(at(file), 1000, 1000);
        if (kind === "replace") {
          writeFileSync(at("new"), text);
          renameSync(at("new"), at(file));
        }
        if (kind === "swap") {
          renameSync(at("a"), at("new"));
          renameSync(at("b"), at("a"));
          renameSync(at("new"), at("b"));
        }
        if (kind === "wait") await setTimeout(RACY_MARGIN_MS + 15);
        if (kind === "flush") store.flush();
        for (const each of FILES) {
          const [digest, again] = await Promise.all([store.digestFile(at(each)), store.digestFile(at(each))]);
          expect([digest, again]).toEqual(Array(2).fill(digestOf(readFileSync(at(each)))));
        }
      }
    }),
    { numRuns: 40 },
  );
});

test("an old file is read once, in this process and the next; a racy one is read again", async () => {
  const root = temporaryDirectory();
  const directory = join(root, "store");
  const [old, racy] = [join(root, "old"), join(root, "racy")];
  writeFileSync(old, "old");
  const first = openUnitStore(directory);
  await setTimeout(RACY_MARGIN_MS + 30);
  await first.digestFile(old);
  writeFileSync(racy, "racy");
  await first.digestFile(racy);
  first.close();
  const index = new DatabaseSync(join(directory, "index.sqlite"));
  const paths = index.prepare("SELECT path FROM stats").all();
  expect(paths).toEqual([{ path: old }]);
  // The only way to see that the bytes are not read: a digest that they do not have.
  index.prepare("UPDATE stats SET digest = ?").run(Buffer.alloc(32, 0xab));
  index.close();
  const second = openUnitStore(directory);
  onTestFinished(() => second.close());
  expect(await second.digestFile(old)).toBe("ab".repeat(32));
  utimesSync(old, statSync(old).atime, new Date(1000));
  expect(await second.digestFile(old)).toBe(digestOf("old"));
});

test("a file that is not there is reported as not found", async () => {
  const root = temporaryDirectory();
  const store = openUnitStore(join(root, "store"));
  onTestFinished(() => store.close());
  await expect(store.digestFile(join(root, "none"))).rejects.toMatchObject({ code: "not-found" });
  await expect(store.digestFile(root)).rejects.toMatchObject({ code: "not-found" });
});
