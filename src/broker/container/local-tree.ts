// SPDX-License-Identifier: MIT OR Apache-2.0
import { lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Package } from "../../cargo/package.ts";
import type { LocalTree } from "../../containerfile/container-unit.ts";
import { type Digest, digestOf } from "../../unit/digest.ts";
import { listEmptyDirectories, listTree } from "../../unit/tree.ts";

type DigestFile = (path: string) => Promise<Digest>;

/**
 * What git keeps of a repository in its root, relative to that, for programs that ask git. Directories without files,
 * too: once references are packed, `.git/refs` is one, and git knows a repository by it.
 */
export async function gitFilesIn(directory: string): Promise<readonly string[]> {
  const data = join(directory, GIT);
  const kind = kindOf(data);
  if (kind === "directory") {
    const paths = [...(await everythingIn(data)), ...(await listEmptyDirectories(data))];
    return paths.map((path) => `${GIT}/${path}`);
  }
  return kind === "file" ? [GIT] : [];
}

function kindOf(path: string): "directory" | "file" | undefined {
  try {
    const found = lstatSync(path);
    return found.isDirectory() ? "directory" : found.isFile() ? "file" : undefined;
  } catch {
    return undefined;
  }
}

/** A package that something pins. Of git's, the whole repository: its packages include files that are beside them. */
export async function pinnedTree({ root, identity }: Pick<Package, "root" | "identity">): Promise<LocalTree> {
  const [, checkout] = CHECKOUT.exec(root) ?? [];
  const [, commit] = COMMIT.exec(identity) ?? [];
  if (checkout === undefined || commit === undefined) return { directory: root, identity, files: undefined };
  const files = (await listTree(checkout, "sources")).map(({ path }) => path);
  return { directory: checkout, identity: `git ${commit}`, files: sortedBytewise(files) };
}

/** `<home>/git/checkouts/<repository>-<hash>/<short commit>` */
const CHECKOUT = /^(.+\/git\/checkouts\/[^/]+\/[^/]+)(?:\/.*)?$/s;
/** As an identity begins of a package from git. */
const COMMIT = /^git ([0-9a-f]+)/;

/** All files of a directory, relative to it. */
export async function everythingIn(directory: string): Promise<readonly string[]> {
  return (await listTree(directory, "everything")).map(({ path }) => path);
}

/** Some files of a directory, and directories in it without any: what is in them decides what it is. */
export async function treeOf(
  directory: string,
  files: readonly string[],
  digestFile: DigestFile,
): Promise<LocalTree> {
  const sorted = sortedBytewise(files);
  const lines = await Promise.all(
    sorted.map(async (file) => {
      const path = join(directory, file);
      const found = lstatSync(path);
      if (found.isSymbolicLink()) return `${file}\0-> ${readlinkSync(path)}`;
      if (found.isDirectory()) return `${file}\0directory`;
      return `${file}\0${(found.mode & 0o111) === 0 ? "" : "x"} ${await digestFile(path)}`;
    }),
  );
  return { directory, identity: digestOf(lines.join("\n")), files: sorted };
}

function sortedBytewise(files: readonly string[]): readonly string[] {
  return [...files].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const GIT = ".git";
