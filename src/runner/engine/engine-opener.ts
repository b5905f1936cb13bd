// SPDX-License-Identifier: MIT OR Apache-2.0
import { socketOpener } from "../stream/socket-opener.ts";
import { sshOpener } from "../stream/ssh-opener.ts";
import type { StreamOpener } from "../stream/stream-opener.ts";
import type { EnginePlace } from "./engine-place.ts";

/** What to do where no engine can be reached. */
export const ENGINE_HINTS = {
  startHint: "start docker, or say with DOCKER_HOST or `docker context use` where it is",
  permissionHint: "add yourself to the group docker (`sudo usermod -aG docker $USER`) and log in again",
  otherHint: "is that a docker engine? A buildkitd that stands alone is named with BUILDKIT_HOST",
};

/**
 * Opens streams on which an engine's HTTP API is spoken.
 * @param env what `ssh` is started with
 */
export function engineOpener({ name, address }: EnginePlace, env: NodeJS.ProcessEnv): StreamOpener {
  if (address.kind !== "ssh") return socketOpener(address, { side: name, ...ENGINE_HINTS });
  const { socket } = address;
  const host = socket === undefined ? [] : [`--host=unix://${socket}`];
  return sshOpener(address, {
    side: name,
    env,
    command: ["docker", ...host, "system", "dial-stdio"],
    ...ENGINE_HINTS,
  });
}
