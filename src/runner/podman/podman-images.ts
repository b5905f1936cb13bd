// SPDX-License-Identifier: MIT OR Apache-2.0
import type { EngineImage } from "../engine/docker-engine.ts";
import { type PodmanProgram, runPodman } from "./run-podman.ts";

/** podman reads that from its storage: 30 s. */
const PATIENCE_MS = 30_000;

/**
 * Asks podman for an image that it has, by the name that `podman images` shows (what was built here is
 * `localhost/NAME`). Undefined if it has none of that name.
 * @throws GreenError "environment" if there is no podman
 */
export async function podmanImage(
  podman: PodmanProgram,
  reference: string,
): Promise<Pick<EngineImage, "repoDigests"> | undefined> {
  const args = ["image", "inspect", "--format", "{{json .RepoDigests}}", reference];
  const { status, stdout } = await runPodman(podman, args, {
    cwd: "/",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (status !== 0) return undefined;
  return { repoDigests: (JSON.parse(stdout.toString()) as string[] | null) ?? [] };
}
