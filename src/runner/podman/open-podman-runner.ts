// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerRunner } from "../container/container-runner.ts";
import type { Lent } from "../container/lent.ts";
import { PodmanRunner } from "./podman-runner.ts";
import { checkPodman } from "./podman-version.ts";

export interface PodmanOptions {
  /** A path, or a name on PATH. Default: `podman`. */
  readonly program?: string;
  /** What podman sees: HOME, XDG_RUNTIME_DIR, CONTAINERS_CONF, proxies. */
  readonly env: NodeJS.ProcessEnv;
  /**
   * Where the runner makes a directory of its own, for build contexts and results. On the file system of CARGO_HOME,
   * sources of crates are linked into contexts rather than copied.
   */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** What steps of base images may use. Default: nothing. */
  readonly lent?: Lent | undefined;
}

/**
 * Opens a runner that uses the user's podman, with or without root.
 * @throws GreenError "environment" if there is none, or one that is too old
 */
export async function openPodmanRunner(options: PodmanOptions): Promise<ContainerRunner> {
  const podman = { program: options.program ?? "podman", env: options.env };
  await checkPodman(podman, options.signal);
  await mkdir(options.directory, { recursive: true });
  return new PodmanRunner(podman, await mkdtemp(join(options.directory, "podman-")), options.lent);
}
