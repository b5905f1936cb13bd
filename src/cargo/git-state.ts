// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { dirname, isAbsolute, join } from "node:path";
import type { FileAccess } from "./files.ts";
import type { Runner } from "./run-program.ts";

/** What a build script can learn from git: one digest over all of it. */
export interface GitState {
  /** The commit, or `(initial)` before the first. */
  readonly head: string;
  /** True if tracked files are changed or there are untracked ones. */
  readonly dirty: boolean;
  /** sha256, hex, over HEAD and its branch, changed and untracked names, tags, and the depth of a shallow clone. */
  readonly digest: string;
}

/** The nearest directory, this one or above, that holds a `.git` (directory, or file of a worktree). */
export function findGitRoot(directory: string, files: Pick<FileAccess, "exists">): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (files.exists(join(at, ".git"))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/**
 * The state of the repository that a package lies in; undefined if it lies in none.
 * `"unknown"` if git is missing or refuses: what may depend on it must not be cached.
 * Contents of changed files are not read: only a script that asks for a diff would see them.
 *
 * @param env The environment that the script sees; git is told not to write its index.
 */
export async function gitState(
  directory: string,
  env: ReadonlyMap<string, string>,
  { files, run }: { readonly files: Pick<FileAccess, "exists" | "readText">; readonly run: Runner },
): Promise<GitState | "unknown" | undefined> {
  const root = findGitRoot(directory, files);
  if (root === undefined) return undefined;
  const quiet = new Map([...env, ["GIT_OPTIONAL_LOCKS", "0"], ["LC_ALL", "C"]]);
  const git = (...args: readonly string[]) =>
    run("git", ["-C", root, "-c", "core.fsmonitor=false", "-c", "core.quotePath=true", ...args], quiet);
  const [status, tags, shallowPath] = await Promise.all([
    git("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal", "--ignore-submodules=none"),
    git("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", "refs/tags"),
    git("rev-parse", "--git-path", "shallow"),
  ]);
  if ([status, tags, shallowPath].some(({ code }) => code !== 0)) return "unknown";
  const lines = status.stdout.split("\0");
  const head = lines.find((line) => line.startsWith("# branch.oid "))?.slice("# branch.oid ".length);
  if (head === undefined) return "unknown";
  const named = shallowPath.stdout.trimEnd();
  const shallow = await files.readText(isAbsolute(named) ? named : join(root, named));
  const dirty = lines.some((line) => line !== "" && !line.startsWith("# "));
  const digest = createHash("sha256");
  for (const part of [status.stdout, tags.stdout, shallow ?? ""])
    digest.update(`${part.length}:${part}`, "latin1");
  return { head, dirty, digest: digest.digest("hex") };
}
