// SPDX-License-Identifier: MIT OR Apache-2.0
// The BuildKits of the engines that tests share, by every way that leads to them.
import type { BuilderEndpoint } from "../../../src/runner/buildkit/builder-endpoint.ts";
import { remoteEndpoint } from "../../../src/runner/buildkit/connection/remote-endpoint.ts";
import { openEngine } from "../../../src/runner/engine/open-engine.ts";
import {
  parseSsh,
  parseTcp,
  parseUnix,
  type StreamAddress,
} from "../../../src/runner/stream/stream-address.ts";
import type { Engines } from "../engines.ts";

/** Opens an endpoint: each runner closes its own. */
export type OpenEndpoint = () => BuilderEndpoint;

export const BUILDERS = ["docker", "buildkit"] as const;

/** Both kinds of BuildKit, on their sockets. */
export function buildersOn({
  docker,
  buildkit,
}: Engines<"docker" | "buildkit">): Readonly<Record<(typeof BUILDERS)[number], OpenEndpoint>> {
  return { docker: engineAt(parseUnix(docker.host)), buildkit: buildkitAt(buildkit.host) };
}

/** A buildkitd on a socket, `unix:///…`. */
export function buildkitAt(host: string): OpenEndpoint {
  return () => remoteEndpoint("a buildkitd", parseUnix(host), process.env);
}

/** The ways to them that are not sockets. */
export function remoteBuilders({
  docker,
  buildkit,
  ssh,
}: Engines<"docker" | "buildkit" | "ssh">): Readonly<Record<string, OpenEndpoint>> {
  const { ca, certificate, key } = buildkit.certificates;
  const tls = { ca, cert: certificate, key, verify: true };
  const PATH = `${ssh.bin}:${process.env["PATH"]}`;
  return {
    "a docker engine by TCP with TLS": engineAt(parseTcp(docker.tcp, tls)),
    "a docker engine on another machine, through ssh": engineAt(parseSsh(ssh.host), { ...process.env, PATH }),
    "a buildkitd by TCP with TLS": () =>
      remoteEndpoint("a buildkitd", parseTcp(buildkit.tcp, tls), process.env),
  };
}

function engineAt(address: StreamAddress, env: NodeJS.ProcessEnv = process.env): OpenEndpoint {
  const name = "a docker engine";
  return () => {
    const engine = openEngine({ name, address, from: "a test" }, env);
    return {
      ...{ name, kind: "engine" },
      dial: (signal) => engine.dialBuildKit(signal),
      close: () => engine.close(),
    };
  };
}
