// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { normaliseDepInfo } from "../../src/broker/bytes-text.ts";
import { layDown } from "../../src/broker/lay-down.ts";
import { makeRoots } from "../../src/cargo/roots.ts";
import { openUnitStore } from "../../src/store/open-unit-store.ts";
import type { OutputFile } from "../../src/unit/record.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

function target() {
  const store = openUnitStore(temporaryDirectory(), { umask: 0o022 });
  onTestFinished(() => store.close());
  const root = temporaryDirectory();
  const place = join(root, "target/out");
  mkdirSync(place, { recursive: true });
  const roots = makeRoots({ TARGET: join(root, "target") });
  const stored = async (path: string, bytes: Uint8Array, role: OutputFile["role"], executable = false) => {
    const { digest, size } = await store.adopt(await store.stageBytes(bytes, executable));
    return { path, digest, size, executable, role };
  };
  return { store, place, roots, stored };
}

test("outputs come down as they were, in directories of their own, executable if they were", async () => {
  const { store, place, roots, stored } = target();
  await layDown(await stored("a/b/tool", Buffer.from("tool"), "plain", true), { place, roots }, store);
  await layDown(await stored("liba.rmeta", Buffer.alloc(0), "plain"), { place, roots }, store);
  expect(readFileSync(join(place, "a/b/tool"), "utf8")).toBe("tool");
  expect(statSync(join(place, "a/b/tool")).mode & 0o777).toBe(0o755);
  expect(statSync(join(place, "liba.rmeta"))).toMatchObject({ size: 0, mode: 0o100644 });
});

test("dep-info gets this machine's paths, and replaces what lies there", async () => {
  const { store, place, roots, stored } = target();
  const there = makeRoots({ TARGET: "/other place/target" });
  const depInfo = normaliseDepInfo(Buffer.from("/other\\ place/target/out/a.d: src/a\\ b.rs\n"), there);
  writeFileSync(join(place, "a.d"), "old");
  await layDown(await stored("a.d", depInfo, "dep-info"), { place, roots }, store);
  expect(readFileSync(join(place, "a.d"), "utf8")).toBe(`${place}/a.d: src/a\\ b.rs\n`);
  // The same text as a plain output keeps what looks like a placeholder.
  await layDown(await stored("plain", depInfo, "plain"), { place, roots }, store);
  expect(readFileSync(join(place, "plain"))).toEqual(depInfo);
});

test("what cannot be laid down leaves no half of it", async () => {
  const { store, place, roots, stored } = target();
  const nowhere = await stored("a.d", Buffer.from("@@green:OUT_DIR@@/x:\n"), "dep-info");
  await expect(layDown(nowhere, { place, roots }, store)).rejects.toMatchObject({ code: "not-found" });
  const gone: OutputFile = { ...nowhere, digest: "ab".repeat(32) as typeof nowhere.digest, role: "plain" };
  await expect(layDown(gone, { place, roots }, store)).rejects.toMatchObject({ code: "not-found" });
  expect(readdirSync(place)).toEqual([]);
});

test.each(["../outside", "/etc/outside", "a/../../outside", "../"])(
  "%j, which leads out, is refused",
  async (path) => {
    const { store, place, roots, stored } = target();
    for (const role of ["plain", "dep-info"] as const) {
      const output = await stored(path, Buffer.from("x"), role);
      await expect(layDown(output, { place, roots }, store)).rejects.toMatchObject({ code: "corrupt" });
    }
    expect(readdirSync(place)).toEqual([]);
    expect(readdirSync(join(place, ".."))).toEqual(["out"]);
  },
);
