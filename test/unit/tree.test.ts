// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Digest } from "../../src/unit/digest.ts";
import { changeTime, digestTree, latestChange, listTree, TreeError } from "../../src/unit/tree.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

function tree(files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory();
  for (const [path, content] of Object.entries(files)) put(root, path, content);
  return root;
}

function put(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function removed(root: string, path: string): string {
  rmSync(join(root, path));
  return join(root, path);
}

const hash = async (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex") as Digest;
const digest = (root: string) => digestTree(root, "sources", hash);
const paths = async (root: string, what: "sources" | "everything") =>
  (await listTree(root, what)).map(({ path }) => path);

describe("listTree", () => {
  it("lists files and links in order, and does not follow links to directories", async () => {
    const root = tree({ "src/lib.rs": "", "src.rs": "", a: "" });
    symlinkSync("src", join(root, "link"));
    symlinkSync("nowhere", join(root, "dangling"));
    expect(await listTree(root, "sources")).toEqual([
      { path: "a", type: "file" },
      { path: "dangling", type: "link" },
      { path: "link", type: "link" },
      { path: "src.rs", type: "file" },
      { path: "src/lib.rs", type: "file" },
    ]);
  });

  it("leaves .git and directories that are marked as caches out of sources only", async () => {
    const root = tree({
      ".git/HEAD": "",
      "target/CACHEDIR.TAG": "",
      "target/debug/x": "",
      "sub/.git": "",
      "linked/.rustc_info.json": "",
      "made/debug/.cargo-lock": "",
      "made/debug/deps/a": "",
      x: "",
    });
    expect(await paths(root, "sources")).toEqual(["sub/.git", "x"]);
    expect(await paths(root, "everything")).toHaveLength(8);
  });

  it("refuses what is neither file nor link with one rejection, however many there are", async () => {
    const root = tree({ "a/b/x": "", "a/x": "", "c/x": "" });
    execFileSync(
      "mkfifo",
      ["", "a/", "a/b/", "c/"].map((directory) => join(root, `${directory}zz`)),
    );
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    onTestFinished(() => void process.off("unhandledRejection", note));
    await expect(listTree(root, "everything")).rejects.toThrow(TreeError);
    await sleep(50);
    expect(unhandled).toEqual([]);
  });
});

describe("digestTree", () => {
  it("is the same for the same names and contents elsewhere, whatever their times", async () => {
    const files = { "src/lib.rs": "a", "src/main.rs": "b" };
    const [one, other] = [tree(files), tree(files)];
    utimesSync(join(other, "src/lib.rs"), 1, 1);
    put(other, "target/CACHEDIR.TAG", "");
    expect(await digest(other)).toBe(await digest(one));
  });

  it.each<readonly [string, (root: string) => void]>([
    ["content", (root) => put(root, "src/lib.rs", "other")],
    ["new file", (root) => put(root, "src/new.rs", "")],
    ["missing file", (root) => rmSync(join(root, "src/lib.rs"))],
    ["name", (root) => renameSync(join(root, "src/lib.rs"), join(root, "src/Lib.rs"))],
    [
      "swap of two",
      (root) => {
        put(root, "src/lib.rs", "x");
        put(root, "x", "lib");
      },
    ],
    ["link's target", (root) => symlinkSync("src/lib.rs", removed(root, "link"))],
    ["link's kind", (root) => writeFileSync(removed(root, "link"), "x")],
  ])("changes with a %s", async (_, change) => {
    const root = tree({ "src/lib.rs": "lib", x: "x" });
    symlinkSync("x", join(root, "link"));
    const before = await digest(root);
    change(root);
    expect(await digest(root)).not.toBe(before);
  });
});

describe("digestTree of links that lead out", () => {
  it("changes with the file or directory that they lead to", async () => {
    const outside = tree({ file: "1", "directory/proto": "1" });
    const root = tree({ x: "" });
    symlinkSync(join(outside, "file"), join(root, "file"));
    symlinkSync(join(outside, "directory"), join(root, "directory"));
    const digests = [await digest(root)];
    put(outside, "file", "2");
    digests.push(await digest(root));
    put(outside, "directory/proto", "2");
    digests.push(await digest(root));
    expect(new Set(digests).size).toBe(3);
  });

  it("ends for links to themselves, in a circle, and into the tree, and refuses those to what is around it", async () => {
    const outside = tree({ "a/b/x": "" });
    const root = join(outside, "a/b");
    symlinkSync("self", join(root, "self"));
    symlinkSync(".", join(root, "here"));
    expect(await digest(root)).toMatch(/^[0-9a-f]{64}$/);
    symlinkSync("../../a", join(root, "up"));
    await expect(digest(root)).rejects.toThrow(TreeError);
    const [one, other] = [tree({}), tree({})];
    symlinkSync(one, join(other, "to-one"));
    symlinkSync(other, join(one, "to-other"));
    await expect(digest(one)).rejects.toThrow(TreeError);
  });
});

describe("latestChange", () => {
  const nanoseconds = (milliseconds: number) => BigInt(milliseconds) * 1_000_000n;

  it.each<readonly [string, (root: string, outside: string) => void]>([
    ["a file deep inside", (root) => put(root, "a/b/c", "new")],
    ["a file whose mtime was set back", (root) => utimesSync(join(root, "a/b/c"), 1, 1)],
    ["what a link leads to", (_, outside) => put(outside, "shared", "new")],
    ["a file that was removed", (root) => rmSync(join(root, "a/b/c"))],
  ])("tells of %s", async (_, change) => {
    const root = tree({ "a/b/c": "" });
    const outside = tree({ shared: "" });
    symlinkSync(join(outside, "shared"), join(root, "a/link"));
    await sleep(30);
    const before = nanoseconds(Date.now() - 15);
    expect(await latestChange(root, "sources")).toBeLessThan(before);
    change(root, outside);
    expect(await latestChange(root, "sources")).toBeGreaterThanOrEqual(before);
  });

  it("leaves target directories out, themselves too", async () => {
    const root = tree({ "src/lib.rs": "", "target/CACHEDIR.TAG": "" });
    const before = await latestChange(root, "sources");
    await sleep(30);
    put(root, "target/debug/new", "");
    put(root, "target/.rustc_info.json", "");
    expect(await latestChange(root, "sources")).toBe(before);
    expect(await latestChange(root, "everything")).toBeGreaterThan(before);
  });

  it("is 0 for a path where there is nothing", async () => {
    expect(await changeTime(join(temporaryDirectory(), "none"))).toBe(0n);
  });
});
