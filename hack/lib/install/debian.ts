// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.ts";
import { AptRelease } from "./apt-release.ts";
import type { DebianSource, NewerPackages } from "./program.ts";

const SCRIPT_MODE = 0o755;

/**
 * Unpacks packages into the `root` of `directory` and puts a script that starts the program into its `bin`. Needs no
 * root, but for `apt-get update` where this machine has no package lists yet. Returns what went wrong, or `undefined`.
 */
export async function unpackDebian(
  name: string,
  source: DebianSource,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const archives = join(directory, "archives");
  mkdirSync(archives);
  const problem = (await download(source, archives, env)) ?? (await unpack(archives, directory, env));
  rmSync(archives, { recursive: true });
  if (problem !== undefined) return problem;
  const executable = ["usr/bin", "usr/sbin", "sbin"]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(join(directory, "root", path)));
  if (executable === undefined) return `no package has it: ${source.packages.join(", ")}`;
  mkdirSync(join(directory, "bin"));
  writeFileSync(join(directory, "bin", name), startScript(executable), { mode: SCRIPT_MODE });
  return undefined;
}

async function download(
  { packages, libraries = [], newer }: DebianSource,
  archives: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const own = new AptRelease(archives, env);
  const problem = await own.download(packages);
  if (problem !== undefined) return problem;
  if ((await own.download(libraries)) !== undefined)
    for (const library of libraries) await own.download([library]);
  return newer === undefined ? undefined : downloadNewer(newer, archives, env);
}

async function downloadNewer(
  { release, versions }: NewerPackages,
  archives: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const lists = join(archives, release);
  const apt = await AptRelease.of(release, archives, lists, env);
  if (typeof apt === "string") return apt;
  const pinned = Object.entries(versions).map(([name, version]) => `${name}=${version}`);
  if ((await apt.download(pinned)) !== undefined) {
    const problem = await apt.download(Object.keys(versions));
    if (problem !== undefined) return problem;
  }
  rmSync(lists, { recursive: true });
  return undefined;
}

async function unpack(
  archives: string,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  for (const archive of readdirSync(archives).filter((file) => file.endsWith(".deb"))) {
    const { succeeded, output } = await run(["dpkg", "-x", archive, join(directory, "root")], archives, env);
    if (!succeeded) return `dpkg -x ${archive}: ${output.trim()}`;
  }
  return undefined;
}

/** Finds what was unpacked from where it lies itself. */
function startScript(executable: string): string {
  return `#!/bin/sh
root=\${0%/bin/*}/root
for libraries in "$root"/usr/lib/*-linux-gnu*; do
  [ -d "$libraries" ] && export LD_LIBRARY_PATH="$libraries:$root/lib/\${libraries##*/}"
done
exec "$root/${executable}" "$@"
`;
}
