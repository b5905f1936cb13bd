// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DebianSource } from "./programs.ts";
import { type Outcome, run } from "./run.ts";

const SCRIPT_MODE = 0o755;

/**
 * Unpacks packages into `directory` and puts a script that starts the program into its `bin`. Needs no root, but for
 * `apt-get update` where this machine has no package lists yet. Returns what went wrong, or `undefined`.
 */
export function unpackDebian(
  name: string,
  source: DebianSource,
  directory: string,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const archives = join(directory, "archives");
  mkdirSync(archives);
  const [own, ...libraries] = source.packages;
  const got = download(own, archives, env);
  if (!got.succeeded) return `apt-get download ${own}: ${got.output.trim()}`;
  for (const library of libraries) run(["apt-get", "download", library], archives, env);
  for (const archive of readdirSync(archives)) {
    const { succeeded, output } = run(["dpkg", "-x", archive, join(directory, "root")], archives, env);
    if (!succeeded) return `dpkg -x ${archive}: ${output.trim()}`;
  }
  rmSync(archives, { recursive: true });
  mkdirSync(join(directory, "bin"));
  writeFileSync(join(directory, "bin", name), startScript(name), { mode: SCRIPT_MODE });
  return undefined;
}

function download(name: string, directory: string, env: NodeJS.ProcessEnv): Outcome {
  const command = ["apt-get", "download", name];
  const first = run(command, directory, env);
  if (first.succeeded) return first;
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const update = run([...asRoot, "apt-get", "update", "-qq"], directory, env);
  return update.succeeded ? run(command, directory, env) : first;
}

/** Finds what was unpacked from where it lies itself. */
function startScript(name: string): string {
  return `#!/bin/sh
root=\${0%/bin/*}/root
for libraries in "$root"/usr/lib/*-linux-gnu*; do
  [ -d "$libraries" ] && export LD_LIBRARY_PATH="$libraries:$root/lib/\${libraries##*/}"
done
exec "$root/usr/bin/${name}" "$@"
`;
}
