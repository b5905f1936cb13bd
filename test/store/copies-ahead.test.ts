// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { STORED_MTIME_S, storeLayout } from "../../src/store/layout.ts";
import { openStore } from "../../src/store/open-store.ts";
import { sampleOutput, sampleRecord } from "./fixtures/sample-record.ts";
import { temporaryDirectory } from "./fixtures/temporary-directory.ts";

async function setting() {
  const root = temporaryDirectory();
  const store = openStore(join(root, "store"), { umask: 0o022 });
  onTestFinished(() => store.close());
  const target = join(root, "target");
  mkdirSync(target);
  const put = async (content: string, executable = true) => {
    const { digest, size } = await store.adopt(await store.stageBytes(Buffer.from(content), executable));
    const output = sampleOutput(digest, size, "program", executable);
    store.put(sampleRecord({ name: content, outputs: [output] }));
    return output;
  };
  const copied = async (output: Awaited<ReturnType<typeof put>>) => {
    store.copyAhead(output, join(target, "program"));
    await expect
      .poll(() => readdirSync(target).map((name) => statSync(join(target, name)).size))
      .toEqual([output.size]);
    return join(target, readdirSync(target)[0] ?? "");
  };
  const path = storeLayout(join(root, "store")).filePath;
  return { store, target, program: join(target, "program"), put, copied, path };
}

test("a copy that is there already is moved into its place, and is as old as if it were made then", async () => {
  const { store, target, program, put, copied } = await setting();
  const output = await put("program");
  const ahead = await copied(output);
  const { ino } = statSync(ahead);
  utimesSync(ahead, 1, 1);
  writeFileSync(join(target, "before"), "");
  await store.materialize(output, program);
  const { mode, mtimeNs, ino: moved } = statSync(program, { bigint: true });
  expect([readFileSync(program, "utf8"), Number(mode & 0o777n), Number(moved)]).toEqual([
    "program",
    0o755,
    ino,
  ]);
  expect(mtimeNs).toBeGreaterThanOrEqual(statSync(join(target, "before"), { bigint: true }).mtimeNs);
  expect(readdirSync(target).sort()).toEqual(["before", "program"]);
});

test.each(["of other bytes", "with another mode"])(
  "a copy %s is not what was wanted, and is removed",
  async (how) => {
    const { store, target, program, put, copied } = await setting();
    const output = await put("program");
    await copied(output);
    const wanted = how === "of other bytes" ? await put("another") : { ...output, executable: false };
    await store.materialize(wanted, program);
    expect(statSync(program).mode & 0o777).toBe(wanted.executable ? 0o755 : 0o644);
    expect(readFileSync(program, "utf8")).toBe(how === "of other bytes" ? "another" : "program");
    expect(readdirSync(target)).toEqual(["program"]);
  },
);

test("a copy of a stored file that something wrote to since is not used", async () => {
  const { store, target, program, put, copied, path } = await setting();
  const output = await put("program");
  await copied(output);
  writeFileSync(path(output.digest), "written");
  utimesSync(path(output.digest), STORED_MTIME_S + 1, STORED_MTIME_S + 1);
  await expect(store.materialize(output, program)).rejects.toMatchObject({ code: "corrupt" });
  expect(readdirSync(target)).toEqual([]);
});

test("who comes for a copy while another is made does not wait for that", async () => {
  const { store, target, program, put } = await setting();
  const [first, second] = [await put("first"), await put("second")];
  store.copyAhead(first, join(target, "first"));
  store.copyAhead(second, program);
  await store.materialize(second, program);
  await store.dropCopies();
  expect(readFileSync(program, "utf8")).toBe("second");
  expect(readdirSync(target)).toEqual(["program"]);
});

test("what nobody came for is removed, also where it could not be copied", async () => {
  const { store, target, put, copied } = await setting();
  const output = await put("program");
  await copied(output);
  store.copyAhead(output, join(target, "no", "such", "place"));
  await store.dropCopies();
  expect(
    readdirSync(target, { recursive: true }).filter(
      (name) => !statSync(join(target, String(name))).isDirectory(),
    ),
  ).toEqual([]);
});
