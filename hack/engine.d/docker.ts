// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificates } from "./certificates.ts";
import type { DaemonPlan } from "./daemon.ts";
import { environmentWith, rootOf } from "./environment.ts";
import { isolated } from "./namespaces.ts";
import { writeScript } from "./script.ts";

export interface DockerOptions {
  /** For its data, its settings and, if no other is said, its socket. */
  readonly directory: string;
  /** The bridge that containers are on. Default: none, so that they have no network but the machine's own. */
  readonly bridge?: string;
  readonly tcp?: { readonly port: number; readonly certificates: Certificates };
  /** Size of the disk that its data are on, in bytes: in memory. Default: on the directory's own. */
  readonly diskBytes?: number;
}

/** The settings that engines here share: https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file */
export const DOCKER_SETTINGS = {
  // Below a /run of its own.
  "exec-root": "/run/docker",
  pidfile: "/run/docker.pid",
  // Images are in containerd's store, where they have the digests that a registry knows.
  features: { "containerd-snapshotter": true },
} as const;

export function dockerSocket(directory: string): string {
  return join(directory, "docker.sock");
}

/** A docker engine, with BuildKit inside, that leaves the machine's network as it is. Needs root. */
export function dockerDaemon(options: DockerOptions, env: NodeJS.ProcessEnv): DaemonPlan {
  const { directory, bridge, tcp, diskBytes } = options;
  const data = join(directory, "data");
  mkdirSync(data, { recursive: true });
  const config = join(directory, "daemon.json");
  const hosts = [`unix://${dockerSocket(directory)}`];
  if (tcp !== undefined) hosts.push(`tcp://127.0.0.1:${tcp.port}`);
  const settings = {
    ...DOCKER_SETTINGS,
    ...{ "data-root": data, hosts },
    ...{ bridge: bridge ?? "none", iptables: false, ip6tables: false, "ip-forward": false },
    ...(tcp && {
      tlsverify: true,
      tlscacert: tcp.certificates.server.ca,
      tlscert: tcp.certificates.server.certificate,
      tlskey: tcp.certificates.server.key,
    }),
  };
  writeFileSync(config, JSON.stringify(settings));
  return {
    argv: isolated(["dockerd", "--config-file", config], {
      disk: diskBytes === undefined ? undefined : { directory: data, bytes: diskBytes },
    }),
    env: { ...environmentWith(["runc", "dockerd"], env) },
    ready: (log) => log.includes("API listen on /"),
  };
}

/** Writes a `docker` into `directory` that knows `buildx` and takes none of the user's settings. */
export function writeDockerClient(directory: string, env: NodeJS.ProcessEnv): string {
  const config = join(directory, "config");
  mkdirSync(config, { recursive: true });
  const root = rootOf("dockerd", env);
  const cliPluginsExtraDirs = [join(root, "usr/libexec/docker/cli-plugins")];
  writeFileSync(join(config, "config.json"), JSON.stringify({ cliPluginsExtraDirs }));
  return writeScript(
    join(directory, "docker"),
    `DOCKER_CONFIG="\${DOCKER_CONFIG:-${config}}"
export DOCKER_CONFIG
exec "${root}/usr/bin/docker" "$@"`,
  );
}
