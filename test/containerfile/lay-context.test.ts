// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ContextEntry } from "../../src/containerfile/build-context.ts";
import { layContext } from "../../src/containerfile/lay-context.ts";
import { digestOf } from "../../src/unit/digest.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { writeFiles } from "../support/files.ts";

function source(): string {
  const directory = temporaryDirectory();
  writeFiles(directory, { "src/lib.rs": "lib", "src/a b": "b", secret: "s" });
  symlinkSync("src/lib.rs", join(directory, "link"));
  return directory;
}

const tree = (directory: string, files?: readonly string[]): ContextEntry => ({
  ...{ kind: "tree", path: "trees/t", tree: { directory, identity: "", files } },
});
const file = (path: string, digest: string, executable = false): ContextEntry => ({
  ...{ kind: "file", path: "files/f", file: { path, digest: digestOf(digest), executable } },
});

test("whole trees are links, those of which some files are shown are copies of these", async () => {
  const [directory, whole, part] = [source(), temporaryDirectory(), temporaryDirectory()];
  await layContext(whole, [tree(directory)]);
  await layContext(part, [tree(directory, ["link", "src/a b"])]);
  const inode = (path: string) => statSync(path).ino;
  expect(inode(join(whole, "trees/t/src/lib.rs"))).toBe(inode(join(directory, "src/lib.rs")));
  expect(inode(join(part, "trees/t/src/a b"))).not.toBe(inode(join(directory, "src/a b")));
  expect(readdirSync(join(part, "trees/t"), { recursive: true }).sort()).toEqual(["link", "src", "src/a b"]);
  expect(readlinkSync(join(whole, "trees/t/link"))).toBe("src/lib.rs");
});

test("a file is what its digest says, with the mode that it is to have, or it is not there", async () => {
  const [directory, context] = [source(), temporaryDirectory()];
  const path = join(directory, "secret");
  await expect(layContext(context, [file(path, "other")])).rejects.toMatchObject({
    code: "corrupt",
    retryable: true,
  });
  expect(readdirSync(join(context, "files"))).toEqual([]);
  await layContext(context, [file(path, "s", true)]);
  expect(statSync(join(context, "files/f")).mode & 0o777).toBe(0o755);
});

test("what is there is left as it is, and several may lay it down at once", async () => {
  const [directory, context] = [source(), temporaryDirectory()];
  await Promise.all(
    Array.from({ length: 8 }, () =>
      layContext(context, [tree(directory), file(join(directory, "secret"), "s")]),
    ),
  );
  expect(readdirSync(join(context, "trees"))).toEqual(["t"]);
  writeFileSync(join(directory, "secret"), "changed");
  await layContext(context, [file(join(directory, "secret"), "s")]);
  expect(readFileSync(join(context, "files/f"), "utf8")).toBe("s");
});
