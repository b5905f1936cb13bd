// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FileOperation } from "../../../src/broker/replay/file-operations.ts";
import { openTarget, type TargetWriter } from "../../../src/broker/replay/target-writer.ts";
import { expandText } from "../../../src/cargo/roots.ts";
import type { LeftFile } from "../../../src/store/store.ts";
import { compileShim, remove, scratch } from "../../shim/harness.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

/** With a fraction that doubles do not hold. */
const AGE = 1_763_847_123.456789;

/** Nothing if it throws. */
function attempt<T>(work: () => T): readonly T[] {
  try {
    return [work()];
  } catch {
    return [];
  }
}

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
      { kind: "place", path: copied, source, link: false, mode: 0o644, mtime: AGE, left: undefined },
    ]);
    const ages = [written, copied].map((path) => statSync(path, { bigint: true }).mtimeNs);
    expect(ages).toEqual([1_763_847_123_456_789_000n, ages[0]]);
  });

  it("puts places where their names are, as the text itself would be expanded", async () => {
    const root = temporaryDirectory();
    const roots = {
      roots: [{ name: "HOME", path: "/h" } as const, { name: "TARGET", path: "/tärget" } as const],
    };
    const path = join(root, "file");
    const write = async (text: string) => {
      await writer.perform([
        { kind: "roots", roots },
        { kind: "expand", path, text, mtime: AGE },
      ]);
      return readFileSync(path, "latin1");
    };
    const piece = fc.constantFrom(
      "@@green:HOME@@",
      "@@green:TARGET@@",
      "@@green:@@",
      "@@green:",
      "@@",
      "@",
      "HOME",
    );
    const other = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(piece, other)), async (pieces) => {
        const text = pieces.join("");
        const [expected] = attempt(() => expandText(text, roots));
        expect(await write(text).catch(() => undefined)).toBe(expected);
      }),
    );
    await expect(write("@@green:SYSROOT@@/lib")).rejects.toMatchObject({ code: "environment" });
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
      { ...missing, mode: 0o644, mtime: 1, left: undefined },
    ]) {
      const failing = writer.perform([operation, after]);
      const next = writer.perform([{ kind: "directory", path: join(root, "next") }]);
      await expect(failing).rejects.toMatchObject({ code: "environment" });
      await next;
      expect(existsSync(join(root, "after"))).toBe(false);
    }
    expect(readdirSync(root).sort()).toEqual(["next", "taken"]);
  });

  it("says what it placed, and places nothing that is not as it was left", async () => {
    const root = temporaryDirectory();
    const source = join(root, "source");
    writeFileSync(source, "right", { mode: 0o644 });
    const left = () => {
      const { size, mtimeNs, ctimeNs, nlink } = statSync(source, { bigint: true });
      return { size: Number(size), mtimeNs, ctimeNs, names: Number(nlink) };
    };
    const place = (name: string, link: boolean, as: LeftFile): FileOperation => ({
      ...({ kind: "place", path: join(root, name), source } as const),
      ...{ link, mode: 0o644, mtime: AGE, left: as },
    });
    const placed = await writer.perform([place("copy", false, left()), place("link", true, left())]);
    const stats = ["copy", "link"].map((name) => statSync(join(root, name), { bigint: true }));
    expect(placed).toEqual(
      stats.map(({ ino, size, mtimeNs, ctimeNs, nlink }, at) => ({
        ...{ isLink: at === 1, ino, size, mtimeNs, ctimeNs, names: Number(nlink) },
      })),
    );
    expect(stats.map(({ nlink }) => nlink)).toEqual([1n, 2n]);
    const before = { ...left(), names: 1 }; // more names than it had: that is why its ctime is another
    await writer.perform([place("other", true, { ...before, ctimeNs: 1n })]);
    const now = left();
    for (const other of [
      { ...now, size: 4 },
      { ...now, mtimeNs: now.mtimeNs - 1n },
      { ...now, ctimeNs: now.ctimeNs - 1n },
    ]) {
      const failing = writer.perform([place("no", false, other)]);
      await expect(failing).rejects.toMatchObject({ code: "busy" });
    }
    expect(readdirSync(root).sort()).toEqual(["copy", "link", "other", "source"]);
  });

  it("copies ahead what will be placed, unless that changes, and leaves no copy that nobody wanted", async () => {
    const root = temporaryDirectory();
    const waiting = join(root, "waiting");
    mkdirSync(waiting);
    const names = ["taken", "changed", "unwanted"];
    for (const name of names) writeFileSync(join(root, name), name);
    const own = await openTarget(shim, [join(home, "ahead")], () => {});
    await own.perform(
      [...names, "missing"].map((name) => ({ kind: "ahead", path: join(root, name), directory: waiting })),
    );
    await expect.poll(() => readdirSync(waiting).length).toBe(3);
    const copies = readdirSync(waiting).map((name) => statSync(join(waiting, name)).ino);
    writeFileSync(join(root, "changed"), "another");
    await own.perform(
      ["taken", "changed"].map((name) => ({
        ...({ kind: "place", path: join(root, "target", name), source: join(root, name) } as const),
        ...{ link: false, mode: 0o755, mtime: AGE, left: undefined },
      })),
    );
    const [taken, changed] = ["taken", "changed"].map((name) => join(root, "target", name));
    expect([taken, changed].map((path) => readFileSync(path ?? "", "utf8"))).toEqual(["taken", "another"]);
    expect(copies).toContain(statSync(taken ?? "").ino);
    expect(statSync(taken ?? "").mode & 0o777).toBe(0o755);
    await own.release();
    expect(readdirSync(waiting)).toEqual([]);
  });

  it("removes the copies of one that was killed, and nothing else", async () => {
    const root = temporaryDirectory();
    for (const name of [".green-0123", "green", "mine"]) writeFileSync(join(root, name), name);
    const own = await openTarget(shim, [join(root, ".cargo-lock")], () => {});
    expect(readdirSync(root).sort()).toEqual([".cargo-lock", "green", "mine"]);
    await own.release();
  });

  it("helps with a large copy that is underway when it is placed", async () => {
    const root = temporaryDirectory();
    const source = join(root, "large");
    const bytes = Buffer.alloc(70 * 1024 * 1024, "some bytes that repeat ");
    writeFileSync(source, bytes);
    const own = await openTarget(shim, [join(home, "helping")], () => {});
    const places = ["one", "two"].map((name) => join(root, name));
    await own.perform([{ kind: "ahead", path: source, directory: root }]);
    await own.perform(
      places.map((path) => ({
        ...({ kind: "place", path, source } as const),
        ...{ link: false, mode: 0o755, mtime: AGE, left: undefined },
      })),
    );
    for (const place of places) expect(readFileSync(place).equals(bytes)).toBe(true);
    await own.release();
    expect(readdirSync(root).sort()).toEqual(["large", "one", "two"]);
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
