// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type PodmanEnd, type PodmanProgram, runPodman } from "./run-podman.ts";

/** One call of `podman build`. */
export interface PodmanBuild {
  readonly containerfile: string;
  readonly context: string;
  readonly options: readonly string[];
  /** An empty directory that is not there yet: podman runs in it, and paths in `options` count from it. */
  readonly place: string;
}

/**
 * What all builds have in common: steps are kept and found again, containers are not kept, and files of this machine
 * can be read where SELinux would have them relabelled first.
 */
const COMMON = ["build", "--layers", "--force-rm", "--security-opt=label=disable"];

/** Runs `podman build`. Throws as `runPodman` does. */
export async function podmanBuild(
  podman: PodmanProgram,
  { containerfile, context, options, place }: PodmanBuild,
  signal: AbortSignal,
): Promise<PodmanEnd> {
  await mkdir(place, { recursive: true });
  const file = join(place, "Containerfile");
  await writeFile(file, containerfile);
  return runPodman(podman, [...COMMON, ...options, `--file=${file}`, context], { cwd: place, signal });
}

/** True if podman had the result of the one `RUN` step that it was given. */
export function isFromCache({ stdout }: PodmanEnd): boolean {
  return /^.*STEP \d+\/\d+: RUN .*\n--> Using cache /m.test(stdout.toString("latin1"));
}
