// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificates } from "./certificates.ts";
import type { DaemonPlan } from "./daemon.ts";
import { environmentWith } from "./environment.ts";
import { isolated } from "./namespaces.ts";

export interface BuildkitOptions {
  /** For its data, its settings and its socket. */
  readonly directory: string;
  readonly tcp?: { readonly port: number; readonly certificates: Certificates };
  /** Size of the disk that its data are on, in bytes: in memory. Default: on the directory's own. */
  readonly diskBytes?: number;
}

export function buildkitSocket(directory: string): string {
  return join(directory, "buildkitd.sock");
}

/** BuildKit's own daemon; containers that may use the network use the machine's. Needs root. */
export function buildkitDaemon(options: BuildkitOptions, env: NodeJS.ProcessEnv): DaemonPlan {
  const { directory, tcp, diskBytes } = options;
  const data = join(directory, "data");
  mkdirSync(data, { recursive: true });
  const config = join(directory, "buildkitd.toml");
  const socket = buildkitSocket(directory);
  const addresses = [`unix://${socket}`];
  if (tcp !== undefined) addresses.push(`tcp://127.0.0.1:${tcp.port}`);
  writeFileSync(config, settings(data, addresses, tcp?.certificates));
  return {
    argv: isolated(["buildkitd", "--config", config], {
      disk: diskBytes === undefined ? undefined : { directory: data, bytes: diskBytes },
    }),
    env: { ...environmentWith(["runc", "buildkitd"], env) },
    ready: (log) =>
      addresses.every((address) => log.includes(`running server on ${address.split("://")[1]}`)),
  };
}

/** https://docs.docker.com/build/buildkit/toml-configuration/; JSON's strings are TOML's. */
function settings(data: string, addresses: readonly string[], certificates?: Certificates): string {
  const { server } = certificates ?? {};
  const tls =
    server === undefined
      ? ""
      : `
[grpc.tls]
  ca = ${JSON.stringify(server.ca)}
  cert = ${JSON.stringify(server.certificate)}
  key = ${JSON.stringify(server.key)}
`;
  return `root = ${JSON.stringify(data)}
insecure-entitlements = ["network.host"]

[grpc]
  address = ${JSON.stringify(addresses)}
${tls}
[worker.oci]
  enabled = true
  binary = "runc"
  snapshotter = "overlayfs"
  networkMode = "host"

[worker.containerd]
  enabled = false
`;
}
