// SPDX-License-Identifier: MIT OR Apache-2.0
import { readAccess } from "./access.ts";
import type { Running } from "./running.ts";

/** Lines that tell what runs, and what a shell must be told to use it. */
export function formatStatus(running: Running): readonly string[] {
  const access = readAccess(running);
  if (access === undefined) return [];
  const { docker, buildkit, podman, ssh } = access.engines;
  return [
    `Base image: ${access.image.name} in docker, ssh and podman; everywhere ${access.image.reference}`,
    ...(docker === undefined
      ? []
      : [
          `docker: ${docker.program}`,
          `  export DOCKER_HOST=${docker.host}`,
          `  export DOCKER_HOST=${docker.tcp} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${docker.certificateDirectory}`,
        ]),
    ...(ssh === undefined ? [] : ["ssh:", `  export DOCKER_HOST=${ssh.host} PATH=${ssh.bin}:$PATH`]),
    ...(buildkit === undefined
      ? []
      : [
          `buildkit: ${buildkit.program}`,
          `  export BUILDKIT_HOST=${buildkit.host}`,
          `  export BUILDKIT_HOST=${buildkit.tcp}`,
          ...Object.entries(buildkit.certificates).map(([name, path]) => `    ${name}: ${path}`),
        ]),
    ...(podman === undefined
      ? []
      : [`podman: ${podman.program}`, `  without root: ${podman.asUser} podman …`]),
  ];
}
