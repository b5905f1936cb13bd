// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Dirent } from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type DockerMatches,
  type DockerRule,
  judge,
  mayShowBelow,
  parseDockerignore,
} from "./dockerignore.ts";
import { type GitignoreFile, isIgnored, parseGitignore } from "./gitignore.ts";
import { findRepositoryAbove, readGitignore } from "./repository-above.ts";

/** A directory of the walk, and what applies in it. */
interface Place {
  /** From where the walk begins, latin1 of its bytes, with a slash at its end; empty there. */
  readonly path: string;
  /** Of the directories above, the deepest first. */
  readonly gitignores: readonly GitignoreFile[];
  readonly dockerMatches: DockerMatches | undefined;
}

/**
 * The files and symbolic links of a package's or workspace's directory that a container gets to see: relative, sorted
 * bytewise. Directories without any are not told, nor are names that are not UTF-8.
 * @throws GreenError "config" for a `.dockerignore` that Docker refuses
 */
export async function listShownFiles(directory: string): Promise<readonly string[]> {
  const top = resolve(directory);
  const { base, above } = await findRepositoryAbove(top);
  const dockerRules = await readDockerignore(join(top, ".dockerignore"));
  const absolute = (path: string) => Buffer.concat([Buffer.from(`${top}/`), Buffer.from(path, "latin1")]);
  const shown: string[] = [];
  const places: Place[] = [{ path: "", gitignores: above, dockerMatches: undefined }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { path, dockerMatches } = place;
    const entries = await readdir(absolute(path), { withFileTypes: true, encoding: "latin1" });
    const has = (name: string) => entries.some((entry) => entry.name === name && entry.isFile());
    if (has(CACHE_TAG) && (await isCargosTag(absolute(`${path}${CACHE_TAG}`)))) continue;
    const own = has(".gitignore") ? await readGitignore(absolute(`${path}.gitignore`)) : "";
    const gitignores = [{ base: `${base}${path}`, rules: parseGitignore(own) }, ...place.gitignores];
    for (const entry of entries) {
      const isDirectory = entry.isDirectory();
      const entryPath = `${path}${entry.name}`;
      if (isNeverShown(entry, entryPath) || isIgnored(gitignores, `${base}${entryPath}`, isDirectory))
        continue;
      const text = Buffer.from(entryPath, "latin1").toString();
      const { ignored, matches } = judge(dockerRules, text, dockerMatches);
      if (!isDirectory && !ignored) shown.push(entryPath);
      if (isDirectory && (!ignored || mayShowBelow(dockerRules, text))) {
        places.push({ path: `${entryPath}/`, gitignores, dockerMatches: matches });
      }
    }
  }
  return shown.sort().flatMap(fromUtf8);
}

async function readDockerignore(path: string): Promise<readonly DockerRule[]> {
  const text = await readFile(path, "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return "";
    throw thrown;
  });
  return parseDockerignore(text, path);
}

/** Besides git's own, the directory that Cargo builds in, which `cargo package` leaves out by its name, too. */
function isNeverShown(entry: Dirent, path: string): boolean {
  const isDirectory = entry.isDirectory();
  if (entry.name === ".git" || (path === "target" && isDirectory)) return true;
  return !isDirectory && !entry.isFile() && !entry.isSymbolicLink();
}

const CACHE_TAG = "CACHEDIR.TAG";
/** https://bford.info/cachedir/, and who wrote it */
const CARGOS_TAG = /^Signature: 8a477f597d28d172789f06886806bc55\n.*\bcargo\b/;
const TAG_LENGTH = 256; // 256 bytes, more than Cargo writes

async function isCargosTag(path: Buffer): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAG_LENGTH), 0, TAG_LENGTH);
    return CARGOS_TAG.test(buffer.toString("latin1", 0, bytesRead));
  } finally {
    await file.close();
  }
}

function fromUtf8(path: string): readonly string[] {
  const bytes = Buffer.from(path, "latin1");
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? [text] : [];
}
