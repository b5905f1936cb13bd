// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { storeLayout } from "../../src/store/layout.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { contentsOf, UNITS } from "./fixtures/busy-builder.ts";
import { sampleRecord } from "./fixtures/sample-record.ts";
import { temporaryDirectory } from "./fixtures/temporary-directory.ts";

const BUILDER = fileURLToPath(new URL("fixtures/busy-builder.ts", import.meta.url));
const OPENER = fileURLToPath(new URL("../../src/store/open-store.ts", import.meta.url));

interface Builder {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  stdout: string;
  stderr: string;
}

function start(directory: string, scratch: string, milliseconds: number): Builder {
  const child = spawn(process.execPath, [BUILDER, directory, scratch, `${milliseconds}`]);
  const builder: Builder = { child, ended: once(child, "close"), stdout: "", stderr: "" };
  child.stdout.on("data", (data) => {
    builder.stdout += data;
  });
  child.stderr.on("data", (data) => {
    builder.stderr += data;
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return builder;
}

/** Everything that the store has is right, and the index's counts are those of a fresh count. */
async function expectSound(store: Store, directory: string): Promise<void> {
  const report = await store.verify();
  // A file or record that a killed process had no time to remove or to enter is no harm; wrong bytes are.
  expect(report).toMatchObject({ corrupt: [], indexSound: true });
  for (let n = 0; n < UNITS; n++) {
    for (const record of store.find(sampleRecord({ name: `${n}` }).key)) {
      const read = await Promise.all(record.outputs.map((output) => store.read(output.digest)));
      expect(read.map((bytes, place) => bytes.equals(contentsOf(n)[place] ?? Buffer.alloc(0)))).toEqual([
        true,
        true,
      ]);
    }
  }
  const index = new DatabaseSync(storeLayout(directory).index);
  const counted = index
    .prepare(
      `SELECT (SELECT count(*) FROM records) AS records, (SELECT coalesce(sum(size), 0) FROM records) AS size,
        (SELECT coalesce(sum(size), 0) FROM files WHERE id IN (SELECT file FROM outputs)) AS sizeOnDisk`,
    )
    .get();
  const miscounted = index
    .prepare("SELECT id FROM files WHERE refs <> (SELECT count(*) FROM outputs WHERE file = files.id)")
    .all();
  index.close();
  expect(store.totals()).toEqual({ ...counted });
  expect(miscounted).toEqual([]);
}

test("four processes at once, killed at random, never restore anything wrong", {
  timeout: 30_000,
}, async () => {
  const root = temporaryDirectory();
  const directory = join(root, "store");
  const scratch = join(root, "scratch");
  mkdirSync(scratch);
  const finished: Builder[] = [];
  const end = Date.now() + 3500;
  const lane = async (kills: boolean) => {
    while (Date.now() < end) {
      const builder = start(directory, scratch, end - Date.now());
      finished.push(builder);
      if (kills) {
        await Promise.race([builder.ended, setTimeout(200 + Math.random() * 600)]);
        builder.child.kill("SIGKILL");
      }
      await builder.ended;
    }
  };
  await Promise.all([lane(true), lane(true), lane(true), lane(false)]);
  const survivors = finished.filter((builder) => builder.child.signalCode === null);
  expect(finished.length - survivors.length).toBeGreaterThan(3);
  expect(survivors.map((builder) => [builder.child.exitCode, builder.stderr])).toEqual(
    survivors.map(() => [0, ""]),
  );
  expect(finished.flatMap((builder) => builder.stdout.match(/restored/g) ?? []).length).toBeGreaterThan(20);
  const store = openStore(directory);
  onTestFinished(() => store.close());
  await expectSound(store, directory);
  expect(await store.verify()).toMatchObject({ missing: [], unreadable: [] });
});

test("processes that find a damaged or deleted index at the same moment all get on with a rebuilt one", {
  timeout: 30_000,
}, async () => {
  const root = temporaryDirectory();
  const directory = join(root, "store");
  const first = openStore(directory);
  for (let n = 1000; n < 1050; n++) first.put(sampleRecord({ name: `${n}` }));
  first.close();
  for (const damage of [(index: string) => truncateSync(index, 5000), (index: string) => rmSync(index)]) {
    damage(storeLayout(directory).index);
    const builders = [1, 2, 3].map(() => start(directory, root, 100));
    await Promise.all(builders.map((builder) => builder.ended));
    expect(builders.map((builder) => [builder.child.exitCode, builder.stderr])).toEqual(
      builders.map(() => [0, ""]),
    );
  }
  const store = openStore(directory);
  onTestFinished(() => store.close());
  await expectSound(store, directory);
});

test("opening a store prints nothing, neither warnings nor anything else", () => {
  const script = `import { openStore } from ${JSON.stringify(OPENER)}; openStore(process.argv[1]).close();`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", script, "--", join(temporaryDirectory(), "store")],
    { encoding: "utf8" },
  );
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});
