// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { STORED_MTIME_S, storeLayout } from "../../src/store/layout.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { type Digest, digestOf } from "../../src/unit/digest.ts";
import { sampleOutput, sampleRecord } from "./fixtures/sample-record.ts";
import { temporaryDirectory } from "./fixtures/temporary-directory.ts";

interface Setting {
  readonly root: string;
  readonly store: Store;
  readonly path: (digest: Digest) => string;
  readonly put: (name: string, content: string, executable?: boolean) => Promise<Digest>;
}

function setting(): Setting {
  const root = temporaryDirectory();
  const store = openStore(join(root, "store"), { umask: 0o022 });
  onTestFinished(() => store.close());
  const put = async (name: string, content: string, executable = false) => {
    const { digest, size } = await store.adopt(await store.stageBytes(Buffer.from(content), executable));
    store.put(sampleRecord({ name, outputs: [sampleOutput(digest, size, "x", executable)] }));
    return digest;
  };
  return { root, store, put, path: storeLayout(join(root, "store")).filePath };
}

/** Every way in which something may write to a stored file, root included. */
const DAMAGES: readonly [string, (path: string) => void][] = [
  ["overwritten in place", (path) => writeFileSync(path, "wrong")],
  [
    "overwritten and its mtime put back",
    (path) => {
      writeFileSync(path, "wrong");
      utimesSync(path, STORED_MTIME_S, STORED_MTIME_S);
    },
  ],
  ["appended to", (path) => appendFileSync(path, "!")],
  ["truncated", (path) => truncateSync(path, 0)],
];

describe("a stored file", () => {
  test("is the staged content whatever becomes of the original, read-only and at the constant mtime", async () => {
    const { root, store, path } = setting();
    const source = join(root, "source");
    writeFileSync(source, "content", { mode: 0o755 });
    const staged = await store.stage(source);
    writeFileSync(source, "other");
    expect(staged).toMatchObject({ size: 7, executable: true });
    const { digest, size } = await store.adopt(staged);
    expect({ digest, size }).toEqual({ digest: digestOf("content"), size: 7 });
    const stat = statSync(path(digest));
    expect([stat.mode & 0o7777, stat.mtimeMs]).toEqual([0o444, STORED_MTIME_S * 1000]);
    expect(readdirSync(join(store.directory, "tmp"))).toEqual([]);
  });

  test("is taken under the digest that the caller found, unless it is another length by then", async () => {
    const { store, path } = setting();
    const staged = await store.stageBytes(Buffer.from("content"), false);
    const digest = digestOf("content");
    expect(await store.adopt(staged, digest)).toEqual({ digest, size: 7 });
    const stat = statSync(path(digest));
    expect([stat.mode & 0o7777, stat.mtimeMs]).toEqual([0o444, STORED_MTIME_S * 1000]);
    const changed = await store.stageBytes(Buffer.from("other"), false);
    appendFileSync(changed.path, "!");
    await expect(store.adopt(changed, digestOf("other"))).rejects.toMatchObject({ code: "internal" });
    expect(readdirSync(join(store.directory, "tmp"))).toEqual([]);
  });

  test("comes back with the bits of the umask, a fresh mtime, in directories that were not there", async () => {
    const { root, store, put } = setting();
    const digest = await put("a", "program", true);
    const started = Date.now();
    const program = join(root, "target/deps/rg");
    await store.materialize(sampleOutput(digest, 7, "rg", true), program);
    await store.materialize(sampleOutput(digest, 7), join(root, "target/deps/lib"));
    expect(readFileSync(program, "utf8")).toBe("program");
    expect(statSync(program).mode & 0o777).toBe(0o755);
    expect(statSync(join(root, "target/deps/lib")).mode & 0o777).toBe(0o644);
    expect(Math.abs(statSync(program).mtimeMs - started)).toBeLessThan(5000);
    expect(readdirSync(join(root, "target/deps")).sort()).toEqual(["lib", "rg"]);
  });

  test.each(DAMAGES)("that was %s is never served, and its records are gone", async (_, damage) => {
    const { root, store, put, path } = setting();
    const digest = await put("a", "right");
    chmodSync(path(digest), 0o644);
    damage(path(digest));
    const key = sampleRecord({ name: "a" }).key;
    expect(store.find(key)).toHaveLength(1);
    await expect(store.materialize(sampleOutput(digest, 5), join(root, "out"))).rejects.toMatchObject({
      code: "corrupt",
    });
    expect(existsSync(join(root, "out"))).toBe(false);
    expect(existsSync(path(digest))).toBe(false);
    expect(store.find(key)).toEqual([]);
    expect(store.totals()).toEqual({ records: 0, size: 0, sizeOnDisk: 0 });
    await put("a", "right");
    expect(await store.read(digest)).toEqual(Buffer.from("right"));
  });

  test("is read in parts, unless it is not what it was", async () => {
    const { store, put, path } = setting();
    const digest = await put("a", "a stored file");
    const file = await store.open(digest);
    expect(file.size).toBe(13);
    expect(file.read(2, 6).toString()).toBe("stored");
    expect(() => file.read(10, 4)).toThrow("has become shorter");
    file.close();
    chmodSync(path(digest), 0o644);
    writeFileSync(path(digest), "another stored file");
    await expect(store.open(digest)).rejects.toMatchObject({ code: "corrupt" });
  });

  test("that was only touched is hashed, put right and served", async () => {
    const { root, store, put, path } = setting();
    const digest = await put("a", "right");
    utimesSync(path(digest), new Date(), new Date());
    await store.materialize(sampleOutput(digest, 5), join(root, "out"));
    expect(readFileSync(join(root, "out"), "utf8")).toBe("right");
    expect(statSync(path(digest)).mtimeMs).toBe(STORED_MTIME_S * 1000);
  });

  test("that is gone is reported as such, and its records with it", async () => {
    const { root, store, put, path } = setting();
    const digest = await put("a", "right");
    rmSync(path(digest));
    await expect(store.read(digest)).rejects.toMatchObject({ code: "not-found" });
    await expect(store.materialize(sampleOutput(digest, 5), join(root, "out"))).rejects.toMatchObject({
      code: "not-found",
    });
    expect(store.list({ selectors: [] }).rows).toEqual([]);
  });

  test("is stored once, and added content replaces one that went wrong", async () => {
    const { store, put, path } = setting();
    const digest = await put("a", "same");
    const { ino } = statSync(path(digest));
    await put("b", "same");
    expect(statSync(path(digest)).ino).toBe(ino);
    expect(store.totals()).toEqual({ records: 2, size: 8, sizeOnDisk: 4 });
    writeFileSync(path(digest), "evil");
    await put("c", "same");
    expect(readFileSync(path(digest), "utf8")).toBe("same");
    expect(await store.read(digest)).toEqual(Buffer.from("same"));
  });

  test("leaves nothing beside a destination that cannot be written", async () => {
    const { root, store, put } = setting();
    const digest = await put("a", "right");
    mkdirSync(join(root, "out/taken"), { recursive: true });
    await expect(store.materialize(sampleOutput(digest, 5), join(root, "out/taken"))).rejects.toMatchObject({
      name: "GreenError",
    });
    expect(readdirSync(join(root, "out"))).toEqual(["taken"]);
    await expect(store.stage(join(root, "nowhere"))).rejects.toMatchObject({ code: "not-found" });
    expect(readdirSync(join(store.directory, "tmp"))).toEqual([]);
  });

  test("of another boot is hashed before its first use: a power cut may have emptied it", async () => {
    const { root, store, put, path } = setting();
    const [good, bad] = [await put("a", "good"), await put("b", "bad!")];
    writeFileSync(path(bad), Buffer.alloc(4));
    utimesSync(path(bad), STORED_MTIME_S, STORED_MTIME_S);
    const index = new DatabaseSync(join(store.directory, "index.sqlite"), { readBigInts: true });
    const { ctimeNs } = statSync(path(bad), { bigint: true });
    index.prepare("UPDATE files SET boot = 'earlier'").run();
    index
      .prepare("UPDATE files SET ctime = ? WHERE digest = ?")
      .run(String(ctimeNs), Buffer.from(bad, "hex"));
    index.close();
    await store.materialize(sampleOutput(good, 4), join(root, "out"));
    await expect(store.materialize(sampleOutput(bad, 4), join(root, "out"))).rejects.toMatchObject({
      code: "corrupt",
    });
    expect(readFileSync(join(root, "out"), "utf8")).toBe("good");
  });

  test("that rotted on the disk, its stat as it was, is not read", async () => {
    const { store, put, path } = setting();
    const digest = await put("a", "right");
    writeFileSync(path(digest), "wrong");
    utimesSync(path(digest), STORED_MTIME_S, STORED_MTIME_S);
    const index = new DatabaseSync(join(store.directory, "index.sqlite"));
    index.prepare("UPDATE files SET ctime = ?").run(String(statSync(path(digest), { bigint: true }).ctimeNs));
    index.close();
    await expect(store.read(digest)).rejects.toMatchObject({ code: "corrupt" });
    expect(store.totals().records).toBe(0);
  });
});
