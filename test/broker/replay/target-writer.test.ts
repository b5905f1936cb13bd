// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTarget, type TargetWriter } from "../../../src/broker/replay/target-writer.ts";
import { compileShim, remove, scratch } from "../../shim/harness.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

/** With a fraction that doubles do not hold. */
const AGE = 1_763_847_123.456789;

describe("what writes into a target directory", () => {
  let home: string;
  let shim: string;
  let writer: TargetWriter;

  beforeAll(async () => {
    home = await scratch();
    shim = join(home, "shim");
    await compileShim(shim);
    writer = await openTarget(shim, [join(home, "lock")], () => {});
  });
  afterAll(async () => {
    await writer.release();
    await remove(home);
  });

  it("makes directories and files with the names and bytes that it is told", async () => {
    const root = temporaryDirectory();
    const bytes = Buffer.from([0, 255, 10, 13]);
    const large = Buffer.alloc(100_000, "large");
    await writer.perform([
      { kind: "directory", path: join(root, "leer/ü") },
      { kind: "write", path: join(root, "a/b/ö x"), bytes, mtime: AGE },
      { kind: "write", path: join(root, "empty"), bytes: Buffer.alloc(0), mtime: undefined },
      { kind: "write", path: join(root, "large"), bytes: large, mtime: AGE },
    ]);
    expect(readdirSync(root, { recursive: true }).sort()).toEqual([
      "a",
      "a/b",
      "a/b/ö x",
      "empty",
      "large",
      "leer",
      "leer/ü",
    ]);
    expect(readFileSync(join(root, "a/b/ö x"))).toEqual(bytes);
    expect(readFileSync(join(root, "large"))).toEqual(large);
    expect(Math.abs(statSync(join(root, "empty")).mtimeMs - Date.now())).toBeLessThan(5000);
  });

  it("makes all of one batch equally old, however it gets there: Cargo compares nanoseconds", async () => {
    const root = temporaryDirectory();
    const [source = "", written = "", copied = ""] = ["s", "w", "c"].map((name) => join(root, name));
    writeFileSync(source, "x");
    await writer.perform([
      { kind: "write", path: written, bytes: Buffer.from("x"), mtime: AGE },
      { kind: "place", path: copied, source, link: false, mode: 0o644, mtime: AGE },
    ]);
    const ages = [written, copied].map((path) => statSync(path, { bigint: true }).mtimeNs);
    expect(ages).toEqual([1_763_847_123_456_789_000n, ages[0]]);
  });

  it("never writes through another name of a file", async () => {
    const root = temporaryDirectory();
    const [neighbour, file] = [join(root, "neighbour"), join(root, "file")];
    writeFileSync(neighbour, "somebody else's");
    linkSync(neighbour, file);
    await writer.perform([{ kind: "write", path: file, bytes: Buffer.from("ours"), mtime: undefined }]);
    expect(readFileSync(neighbour, "utf8")).toBe("somebody else's");
    expect(readFileSync(file, "utf8")).toBe("ours");
  });

  it("ends a batch at its first failure, leaves nothing half, and goes on with the next", async () => {
    const root = temporaryDirectory();
    mkdirSync(join(root, "taken"));
    const after = { kind: "write", path: join(root, "after"), bytes: Buffer.from("x"), mtime: 1 } as const;
    const missing = {
      kind: "place",
      path: join(root, "copy"),
      source: join(root, "none"),
      link: false,
    } as const;
    for (const operation of [
      { kind: "write", path: join(root, "taken"), bytes: Buffer.from("x"), mtime: 1 } as const,
      { ...missing, mode: 0o644, mtime: 1 },
    ]) {
      const failing = writer.perform([operation, after]);
      const next = writer.perform([{ kind: "directory", path: join(root, "next") }]);
      await expect(failing).rejects.toMatchObject({ code: "environment" });
      await next;
      expect(existsSync(join(root, "after"))).toBe(false);
    }
    expect(readdirSync(root).sort()).toEqual(["next", "taken"]);
  });

  it("fails once the shim is gone, and without one", async () => {
    const ended = await openTarget(shim, [join(home, "other")], () => {});
    await ended.release();
    await expect(ended.perform([{ kind: "directory", path: home }])).rejects.toMatchObject({
      code: "environment",
    });
    await expect(openTarget(join(home, "none"), [join(home, "lock")], () => {})).rejects.toMatchObject({
      code: "environment",
    });
    await expect(openTarget(shim, [join(home, "no/such/lock")], () => {})).rejects.toMatchObject({
      code: "environment",
    });
  });
});
