// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { LayoutArchive } from "../../../src/remote/layout/layout-archive.ts";
import { LayoutDirectory } from "../../../src/remote/layout/layout-directory.ts";
import type { Remote } from "../../../src/remote/remote.ts";
import { formatTarHeader, parseTarHeader, tarPadding } from "../../../src/remote/tar-header.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { blobOf, collect, listed, pushImage, randomBlob } from "../../support/remote-content.ts";
import { remoteContract } from "../contract.ts";

// Files are forced to the disk, which others may keep busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const opening = (path: string) => new LayoutArchive("file", `oci-layout:${path}`, path);

function open(path: string): LayoutArchive {
  const remote = opening(path);
  onTestFinished(() => remote.close().catch(() => {}));
  return remote;
}

/** Writes to a directory, and reads from what GNU tar makes of it at that moment. */
function packedBeforeReading(root: string): Remote {
  const directory = new LayoutDirectory("file", `oci-layout:${root}`, root);
  const opened: LayoutArchive[] = [];
  let count = 0;
  const archive = () => {
    const path = `${root}-${process.hrtime.bigint()}-${count++}.tar`;
    execFileSync("tar", ["-cf", path, "-C", root, "."]);
    const remote = opening(path);
    opened.push(remote);
    return remote;
  };
  return {
    ...{ name: "file", url: directory.url, repository: undefined },
    manifest: (...args) => archive().manifest(...args),
    blob: (...args) => archive().blob(...args),
    hasBlob: (...args) => archive().hasBlob(...args),
    tags: (...args) => archive().tags(...args),
    pushBlob: (...args) => directory.pushBlob(...args),
    pushManifest: (...args) => directory.pushManifest(...args),
    removeManifest: (...args) => directory.removeManifest(...args),
    close: async () => {
      for (const each of [directory, ...opened]) await each.close();
    },
  };
}

remoteContract("a layout that is read from a tar file", async () => {
  const root = mkdtempSync(join(tmpdir(), "green-layout-"));
  const layout = join(root, "layout");
  const opened = [packedBeforeReading(layout)];
  execFileSync("mkdir", [layout]);
  const reopen = () => {
    const remote = packedBeforeReading(layout);
    opened.push(remote);
    return remote;
  };
  return {
    remote: opened[0] ?? reopen(),
    reopen: async () => reopen(),
    damage: async (digest) => {
      const path = join(layout, "blobs/sha256", digest.slice("sha256:".length));
      const bytes = await readFile(path);
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      await rm(path);
      await writeFile(path, bytes);
    },
    close: async () => {
      for (const remote of opened) await remote.close();
      rmSync(root, { recursive: true });
    },
  };
});

describe("a tar file", () => {
  test("is written when it is closed, and is then read by others", async () => {
    const root = temporaryDirectory();
    const path = join(root, "out.tar");
    const remote = open(path);
    const { digest } = await pushImage(remote, "image", "a");
    expect((await remote.manifest("a"))?.descriptor.digest).toBe(digest);
    expect(readdirSync(root).filter((name) => name === "out.tar")).toEqual([]);
    await remote.close();
    expect(readdirSync(root)).toEqual(["out.tar"]);

    expect(await listed(open(path).tags())).toEqual(["a"]);
    const unpacked = join(root, "unpacked");
    execFileSync("mkdir", [unpacked]);
    execFileSync("tar", ["-xf", path, "-C", unpacked]);
    expect(readdirSync(unpacked).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
    const directory = new LayoutDirectory("disk", `oci-layout:${unpacked}`, unpacked);
    expect((await directory.manifest("a"))?.descriptor.digest).toBe(digest);
  });

  test("is the same bytes for the same content, without what no manifest refers to", async () => {
    const root = temporaryDirectory();
    for (const [name, order] of [
      ["one.tar", ["a", "b"]],
      ["two.tar", ["b", "a"]],
    ] as const) {
      const remote = open(join(root, name));
      for (const text of order) await pushImage(remote, text, text);
      await remote.pushBlob(randomBlob(1000));
      await remote.close();
    }
    expect(Buffer.compare(readFileSync(join(root, "one.tar")), readFileSync(join(root, "two.tar")))).toBe(0);
  });

  test("keeps what was in it, and can be changed again and again", async () => {
    const path = join(temporaryDirectory(), "out.tar");
    const remote = open(path);
    const gone = await pushImage(remote, "one", "a");
    await remote.close();
    await pushImage(remote, "two", "b");
    await remote.close();
    expect(await listed(remote.tags())).toEqual(["a", "b"]);
    expect(Buffer.from(await collect(remote.blob(blobOf("one").descriptor))).toString()).toBe("one");
    await remote.removeManifest(gone.digest);
    await remote.close();
    const other = open(path);
    expect(await listed(other.tags())).toEqual(["b"]);
    expect(await other.hasBlob(blobOf("one").descriptor)).toBe(false);
    expect(await other.hasBlob(blobOf("two").descriptor)).toBe(true);
  });

  test("with a damaged blob takes it again", async () => {
    const path = join(temporaryDirectory(), "out.tar");
    const remote = open(path);
    await pushImage(remote, "precious", "a");
    await remote.close();
    const bytes = readFileSync(path);
    bytes[bytes.indexOf("precious")] = 0;
    writeFileSync(path, bytes);
    const other = open(path);
    await expect(collect(other.blob(blobOf("precious").descriptor))).rejects.toMatchObject({
      code: "corrupt",
    });
    await pushImage(other, "precious", "a");
    await other.close();
    expect(await open(path).hasBlob(blobOf("precious").descriptor)).toBe(true);
  });

  test("that somebody else changed meanwhile is left as it is", async () => {
    const root = temporaryDirectory();
    const path = join(root, "out.tar");
    const [one, two] = [open(path), open(path)];
    await pushImage(one, "one", "a");
    await pushImage(two, "two", "b");
    await one.close();
    await expect(two.close()).rejects.toMatchObject({ code: "busy", retryable: true, side: "file" });
    expect(readdirSync(root)).toEqual(["out.tar"]);
    expect(await listed(open(path).tags())).toEqual(["a"]);
  });

  test("with other things in it is read, but not written to", async () => {
    const root = temporaryDirectory();
    const path = join(root, "out.tar");
    const remote = open(path);
    await pushImage(remote, "one", "a");
    await remote.close();
    writeFileSync(join(root, "manifest.json"), "[]");
    execFileSync("tar", ["-rf", path, "-C", root, "manifest.json"]);
    expect(await listed(remote.tags())).toEqual(["a"]);
    await expect(pushImage(remote, "two", "b")).rejects.toMatchObject({ code: "refused" });
  });
});

describe("is refused as an archive:", () => {
  const file = (name: string, text = "", type = "0") => {
    const bytes = Buffer.from(text);
    return [
      formatTarHeader({ name, size: bytes.length, type }),
      bytes,
      Buffer.alloc(tarPadding(bytes.length)),
    ];
  };
  const pax = (key: string, value: string, type = "x") => {
    const body = ` ${key}=${value}\n`;
    const length = body.length + 2;
    return file("pax", `${length}${body}`, type);
  };
  const failure = async (...parts: readonly Uint8Array[][]) => {
    const path = join(temporaryDirectory(), "in.tar");
    writeFileSync(path, Buffer.concat([...parts.flat(), Buffer.alloc(1024)]));
    return open(path)
      .manifest("a")
      .then(() => "read")
      .catch((error: Error) => error.message);
  };

  test("nothing that is right", async () => {
    expect(await failure(file("./", "", "5"), file("./blobs/", "", "5"), file("./x/y"))).toBe("read");
    expect(await failure(pax("path", "blobs/long"), file("short", "text"))).toBe("read");
    expect(await failure(pax("mtime", "1.5", "g"), file("a", "text", "\0"))).toBe("read");
  });

  test.each([
    ["a name that leads up", file("blobs/../../x"), "leads elsewhere"],
    ["an absolute name", file("/etc/passwd"), "leads elsewhere"],
    ["a name with an empty part", file("a//b"), "leads elsewhere"],
    ["a name with a backslash", file("a\\b"), "leads elsewhere"],
    ["an extended name that leads up", [...pax("path", "../x"), ...file("x")], "leads elsewhere"],
    ["a long name that leads up", [...file("x", "../x\0", "L"), ...file("x")], "leads elsewhere"],
    ["a hard link", file("a", "", "1"), "neither a plain file"],
    ["a symbolic link", file("a", "", "2"), "neither a plain file"],
    ["a device", file("a", "", "3"), "neither a plain file"],
    ["a sparse file", file("a", "", "S"), "neither a plain file"],
    ["a sparse file of another format", [...pax("GNU.sparse.size", "9"), ...file("a")], "not understood"],
    ["names for all files", [...pax("path", "b", "g"), ...file("a")], "about all of its files"],
    ["a name that is there twice", [...file("a"), ...file("./a")], "there twice"],
    ["something else", [Buffer.from("PK".padEnd(512, "x"))], "no tar file"],
    ["rubbish between files", [...file("a"), Buffer.alloc(512, 1)], "no header at byte 512"],
    ["a name without end", file("x", "y".repeat(70_000), "L"), "too long"],
    ["a size that is not there", [formatTarHeader({ name: "a", size: 1e6, type: "0" })], "ends too early"],
    ["an extended size that is not there", [...pax("size", "999999"), ...file("a")], "ends too early"],
  ])("%s", async (_, parts, message) => {
    expect(await failure(parts)).toContain(message);
  });

  test("one that ends in a header", async () => {
    const path = join(temporaryDirectory(), "in.tar");
    writeFileSync(path, formatTarHeader({ name: "a", size: 0, type: "0" }).subarray(0, 300));
    await expect(open(path).manifest("a")).rejects.toMatchObject({ code: "corrupt", side: "file" });
    const whole = join(temporaryDirectory(), "whole.tar");
    copyFileSync(path, whole);
    writeFileSync(whole, formatTarHeader({ name: "a", size: 0, type: "0" }));
    expect(await open(whole).manifest("a")).toBeUndefined();
  });
});

test("sizes that octal digits do not hold are written and read", () => {
  for (const size of [0, 8 ** 11 - 1, 8 ** 11, 5e12]) {
    expect(parseTarHeader(formatTarHeader({ name: "a/b", size, type: "0" }))).toEqual({
      ...{ name: "a/b", size, type: "0" },
    });
  }
});
