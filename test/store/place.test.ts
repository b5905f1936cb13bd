// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openTarget, type TargetWriter } from "../../src/broker/replay/target-writer.ts";
import { GreenError } from "../../src/error.ts";
import { STORED_MTIME_S, storeLayout } from "../../src/store/layout.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Placement, Store } from "../../src/store/store.ts";
import { type Digest, digestOf } from "../../src/unit/digest.ts";
import type { OutputFile } from "../../src/unit/record.ts";
import { compileShim, remove, scratch } from "../shim/harness.ts";
import { sampleOutput, sampleRecord } from "./fixtures/sample-record.ts";
import { temporaryDirectory } from "./fixtures/temporary-directory.ts";

const LINKED = { link: true, mtime: "stored" } as const;
const NOW = 1_700_000_000.25;

interface Setting {
  readonly root: string;
  readonly store: Store;
  readonly path: (digest: Digest) => string;
  readonly put: (content: string, executable?: boolean) => Promise<Digest>;
  readonly place: (output: OutputFile, destination: string, placement: Placement) => Promise<void>;
}

function setting(directory = temporaryDirectory()): Setting {
  const root = temporaryDirectory();
  const store = openStore(join(directory, "store"), { umask: 0o022 });
  onTestFinished(() => store.close());
  const put = async (content: string, executable = false) => {
    const { digest, size } = await store.adopt(await store.stageBytes(Buffer.from(content), executable));
    store.put(sampleRecord({ name: content, outputs: [sampleOutput(digest, size, "x", executable)] }));
    return digest;
  };
  const { filePath: path } = storeLayout(join(directory, "store"));
  return { root, store, put, path, place: (...args) => placeFrom(store, ...args) };
}

let writer: TargetWriter;
let home: string;

beforeAll(async () => {
  home = await scratch();
  await compileShim(join(home, "shim"));
  writer = await openTarget(join(home, "shim"), [join(home, "lock")], () => {});
});
afterAll(async () => {
  await writer.release();
  await remove(home);
});

/** As replay does it. */
async function placeFrom(
  store: Store,
  output: OutputFile,
  destination: string,
  placement: Placement,
): Promise<void> {
  const once = async () => {
    const { operation, done } = await store.prepare(output, destination, placement);
    const [placed] = await writer.perform([operation]);
    if (placed !== undefined) done(placed);
  };
  await once().catch((thrown: unknown) => {
    if (!(thrown instanceof GreenError && thrown.code === "busy")) throw thrown;
    return once();
  });
}

describe("a stored file that is placed", () => {
  test("by another name is the stored one, and rustc may put a new file in its place", async () => {
    const { root, put, path, place } = setting();
    const digest = await put("right");
    const file = join(root, "made/on/the/way/libx.rlib");
    await place(sampleOutput(digest, 5), file, LINKED);
    const stat = statSync(file);
    expect([stat.ino, stat.mtimeMs]).toEqual([statSync(path(digest)).ino, STORED_MTIME_S * 1000]);
    expect(stat.mode & 0o777).toBe(0o644);
    expect(readFileSync(file, "utf8")).toBe("right");
  });

  test("as a copy has its own inode, mode and age, whatever was there before", async () => {
    const { root, put, path, place } = setting();
    const digest = await put("right", true);
    const neighbour = join(root, "neighbour");
    writeFileSync(neighbour, "somebody else's");
    const file = join(root, "app");
    linkSync(neighbour, file);
    for (const mtime of [NOW, "stored"] as const) {
      await place(sampleOutput(digest, 5, "app", true), file, { link: false, mtime });
      const stat = statSync(file);
      expect(stat.mtimeMs).toBe((mtime === "stored" ? STORED_MTIME_S : NOW) * 1000);
      expect(stat.mode & 0o777).toBe(0o755);
      expect(stat.ino).not.toBe(statSync(path(digest)).ino);
      expect(readFileSync(file, "utf8")).toBe("right");
    }
    expect(readFileSync(neighbour, "utf8")).toBe("somebody else's");
  });

  test("as a copy is never seen half, nor read-only: who kills us leaves what rustc can replace", async () => {
    const { root, put, place } = setting();
    const content = "x".repeat(2 ** 25);
    const digest = await put(content);
    const file = join(root, "libapp.rmeta");
    let isPlaced = false;
    const placed = place(sampleOutput(digest, content.length), file, { link: false, mtime: NOW });
    const watched = (async () => {
      while (!isPlaced) {
        const stat = statSync(file, { throwIfNoEntry: false });
        if (stat !== undefined) expect([stat.size, stat.mode & 0o777]).toEqual([content.length, 0o644]);
        await nextTurn();
      }
    })();
    await placed.finally(() => {
      isPlaced = true;
    });
    await watched;
  });

  test("at an age of its own is never a link, as links share their age", async () => {
    const { root, put, path, place } = setting();
    const digest = await put("right");
    await place(sampleOutput(digest, 5), join(root, "x"), { link: true, mtime: NOW });
    expect(statSync(join(root, "x")).nlink).toBe(1);
    expect(statSync(path(digest)).mtimeMs).toBe(STORED_MTIME_S * 1000);
  });

  test("is copied where other names of it want another mode, or the file system is another", async () => {
    const { root, put, place } = setting();
    const digest = await put("right");
    await place(sampleOutput(digest, 5), join(root, "one"), LINKED);
    await place(sampleOutput(digest, 5, "x", true), join(root, "two"), LINKED);
    expect([statSync(join(root, "one")).nlink, statSync(join(root, "two")).nlink]).toEqual([2, 1]);
    expect(statSync(join(root, "two")).mode & 0o777).toBe(0o755);
    if (!existsSync("/dev/shm") || statSync("/dev/shm").dev === statSync(root).dev) return;
    const elsewhere = mkdtempSync("/dev/shm/green-");
    onTestFinished(() => rmSync(elsewhere, { recursive: true }));
    const far = setting(elsewhere);
    const other = await far.put("right");
    await far.place(sampleOutput(other, 5), join(root, "three"), LINKED);
    expect(readFileSync(join(root, "three"), "utf8")).toBe("right");
    expect(statSync(join(root, "three"))).toMatchObject({ nlink: 1, mtimeMs: STORED_MTIME_S * 1000 });
  });

  test("has a digest that is known at once, until something writes to it", async () => {
    const { root, store, put, place } = setting();
    const digest = await put("right");
    for (const link of [true, false]) {
      const file = join(root, `${link}`);
      await place(sampleOutput(digest, 5), file, { link, mtime: "stored" });
      expect(await store.digestFile(file)).toBe(digest);
      if (link) continue;
      writeFileSync(file, "wrong");
      utimesSync(file, STORED_MTIME_S, STORED_MTIME_S);
      expect(await store.digestFile(file)).toBe(digestOf("wrong"));
    }
  });

  test("can be given names and lose them any number of times, by several processes", async () => {
    const { root, store, put, path } = setting();
    const digest = await put("right");
    const other = openStore(store.directory, { umask: 0o022 });
    onTestFinished(() => other.close());
    for (let turn = 0; turn < 3; turn++) {
      for (const [at, each] of [store, other].entries()) {
        const file = join(root, `${turn}-${at}`);
        await placeFrom(each, sampleOutput(digest, 5), file, LINKED);
        each.flush();
        if (turn === 1) rmSync(file);
      }
    }
    expect(statSync(path(digest)).nlink).toBe(5);
    expect(await store.read(digest)).toEqual(Buffer.from("right"));
    expect(store.totals().records).toBe(1);
  });

  test.each<[string, (file: string) => void]>([
    ["overwritten", (file) => writeFileSync(file, "wrong")],
    ["appended to", (file) => appendFileSync(file, "!")],
    ["truncated", (file) => truncateSync(file, 1)],
  ])("and then is %s through its other name, is never served again", async (_, damage) => {
    for (const restoresAge of [true, false]) {
      const { root, store, put, path, place } = setting();
      const digest = await put("right");
      const file = join(root, "x");
      await place(sampleOutput(digest, 5), file, LINKED);
      store.flush();
      damage(file);
      if (restoresAge) utimesSync(file, STORED_MTIME_S, STORED_MTIME_S);
      for (const link of [true, false]) {
        await expect(
          place(sampleOutput(digest, 5), join(root, "y"), { link, mtime: "stored" }),
        ).rejects.toMatchObject({ name: "GreenError" });
      }
      expect(existsSync(path(digest))).toBe(false);
      expect(store.totals().records).toBe(0);
      const again = await put("right");
      await place(sampleOutput(again, 5), join(root, "y"), LINKED);
      expect(readFileSync(join(root, "y"), "utf8")).toBe("right");
    }
  });

  test("that cannot be put there is an error, and the store is as it was", async () => {
    const { root, store, put, place } = setting();
    const digest = await put("right");
    mkdirSync(join(root, "taken/by/a/directory"), { recursive: true });
    for (const link of [true, false]) {
      await expect(
        place(sampleOutput(digest, 5), join(root, "taken"), { link, mtime: "stored" }),
      ).rejects.toMatchObject({ name: "GreenError" });
    }
    expect(await store.read(digest)).toEqual(Buffer.from("right"));
  });

  test("that was announced is looked at again if it changed meanwhile", async () => {
    const { root, store, put, path, place } = setting();
    const [good, bad] = [await put("good!"), await put("right")];
    store.expect([good, bad, digestOf("nobody has it")]);
    chmodSync(path(bad), 0o644);
    writeFileSync(path(bad), "wrong");
    await place(sampleOutput(good, 5), join(root, "good"), LINKED);
    await expect(place(sampleOutput(bad, 5), join(root, "bad"), LINKED)).rejects.toMatchObject({
      code: "corrupt",
    });
    const gone = await put("gone!");
    store.expect([gone]);
    rmSync(path(gone));
    const before = store.totals().records;
    await expect(place(sampleOutput(gone, 5), join(root, "gone"), LINKED)).rejects.toMatchObject({
      code: "not-found",
    });
    expect(store.totals().records).toBe(before - 1);
    expect(readFileSync(join(root, "good"), "utf8")).toBe("good!");
    expect(existsSync(join(root, "bad"))).toBe(false);
  });
});
