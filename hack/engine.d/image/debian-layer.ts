// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lib/run.ts";
import type { Recipe } from "./recipe.ts";

/** Nobody reads them in a container. */
const LEFT_OUT = ["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*"];

/** Each file of a package is synced when it is unpacked, which costs nothing in memory. */
const IN_MEMORY = `mount -t tmpfs tmpfs "$TMPDIR" && exec "$@"`;

export interface DebianLayerOptions {
  /** For intermediate files. */
  readonly directory: string;
  /** URL of a mirror of Debian. Default: mmdebstrap's own. */
  readonly mirror: string | undefined;
  /** Of a process that finds `mmdebstrap`. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Makes the smallest installation of Debian with the recipe's packages, and returns the path of a tar file with it.
 * Needs root. Throws with what went wrong.
 */
export async function makeDebianLayer(
  { suite, packages }: Recipe,
  { directory, mirror, env }: DebianLayerOptions,
): Promise<string> {
  const memory = join(directory, "memory");
  mkdirSync(memory);
  const tar = join(directory, "debian.tar");
  const command = [
    ...["unshare", "--mount", "/bin/sh", "-c", IN_MEMORY, "layer"],
    ...["mmdebstrap", "--mode=root", "--variant=minbase", "--quiet"],
    ...["--skip=output/dev", `--include=${packages.join(",")}`],
    '--aptopt=APT::Install-Recommends "false"',
    ...LEFT_OUT.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    ...[suite, tar, ...(mirror === undefined ? [] : [mirror])],
  ];
  const made = await run(command, directory, { ...env, TMPDIR: memory, SOURCE_DATE_EPOCH: "0" });
  if (!made.succeeded) throw new Error(`mmdebstrap: ${made.output.trim()}`);
  return tar;
}
