// SPDX-License-Identifier: MIT OR Apache-2.0

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContextEntry } from "../../containerfile/build-context.ts";
import type { LocalFile, LocalTree } from "../../containerfile/container-unit.ts";
import { GreenError } from "../../error.ts";
import type { UnitStore } from "../../store/store.ts";
import { treeOf } from "./local-tree.ts";

type Files = Pick<UnitStore, "digestFile" | "read">;

/**
 * What a build context is to hold, at places where it is now: results that lay in a target directory may be gone from
 * there, and the cache still has them.
 * @param aside an empty directory for what the cache has
 * @throws GreenError "not-found" for what is nowhere any more, or is not what it was
 */
export async function availableContext(
  entries: readonly ContextEntry[],
  files: Files,
  aside: string,
): Promise<readonly ContextEntry[]> {
  const found: ContextEntry[] = [];
  for (const entry of entries) {
    if (entry.kind === "file") found.push({ ...entry, file: await availableFile(entry.file, files, aside) });
    else if (await isAsItWas(entry.tree, files)) found.push(entry);
    else throw gone(entry.tree.directory);
  }
  return found;
}

async function availableFile(file: LocalFile, files: Files, aside: string): Promise<LocalFile> {
  const { path, digest } = file;
  const here = await files.digestFile(path).catch(() => undefined);
  if (here === digest) return file;
  const bytes = await files.read(digest).catch(() => undefined);
  if (bytes === undefined) throw gone(path);
  const copy = join(aside, digest);
  await writeFile(copy, bytes);
  return { ...file, path: copy };
}

/** Sources that a checksum or a commit pins are as they were if they are there. */
async function isAsItWas({ directory, files: listed, identity }: LocalTree, files: Files): Promise<boolean> {
  if (listed === undefined || identity.startsWith("git ")) return existsSync(directory);
  const now = await treeOf(directory, listed, (path) => files.digestFile(path)).catch(() => undefined);
  return now?.identity === identity;
}

function gone(path: string): GreenError {
  return new GreenError("not-found", `"${path}" is gone, or not what it was when the unit was built`, {
    hint: "build again, for sources after `cargo fetch`, and ask again",
  });
}
