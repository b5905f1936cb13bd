// SPDX-License-Identifier: MIT OR Apache-2.0
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { type ContainerInput, outputIn } from "../../containerfile/container-unit.ts";
import { readStatus } from "../../containerfile/unit-command.ts";
import { GreenError } from "../../error.ts";
import { type Digest, digestOf } from "../../unit/digest.ts";
import type { ContainerRun } from "../container/container-runner.ts";

/** A unit that podman built, and what it left. */
export interface BuiltUnit {
  readonly run: ContainerRun;
  /** Its own files, on this machine. Nobody changes them. */
  readonly files: string;
}

/**
 * What a build brought to a directory.
 * @throws GreenError "protocol" if that is not what a unit leaves
 */
export async function readBuiltUnit(directory: string, cached: boolean): Promise<BuiltUnit> {
  const at = outputIn(directory);
  const [text, stdout, stderr] = await Promise.all([
    readFile(at.status, "latin1"),
    readFile(at.stdout),
    readFile(at.stderr),
  ]);
  const ended = readStatus(text);
  if (ended !== undefined) return { run: { ...ended, stdout, stderr, cached }, files: at.files };
  throw new GreenError("protocol", `podman brought no exit status but ${JSON.stringify(text.slice(0, 80))}`, {
    side: "podman",
  });
}

/** What another unit sees of it at `target`, as something of this machine: podman has it nearer than in a stage. */
export async function localInput(built: BuiltUnit, path: string, target: string): Promise<ContainerInput> {
  const local = path === "" ? built.files : join(built.files, path);
  const stat = await lstat(local);
  if (stat.isDirectory()) {
    const tree = { directory: local, identity: await treeDigest(local), files: undefined };
    return { kind: "tree", target, tree };
  }
  const file = {
    path: local,
    digest: digestOf(await readFile(local)),
    executable: (stat.mode & 0o100) !== 0,
  };
  return { kind: "file", target, file };
}

/** A digest of all names, kinds, modes and contents in a directory. */
async function treeDigest(directory: string): Promise<Digest> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const facts = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await lstat(path);
    const content = entry.isFile()
      ? digestOf(await readFile(path))
      : entry.isSymbolicLink()
        ? await readlink(path)
        : "";
    return [path.slice(directory.length), mode, content].join("\0");
  });
  return digestOf((await Promise.all(facts)).sort().join("\0\0"));
}
