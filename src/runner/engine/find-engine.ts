// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { formatAddress, type TlsFiles } from "../stream/stream-address.ts";
import {
  currentContext,
  DEFAULT_CONTEXT,
  type DockerContext,
  listContexts,
  readContext,
  unknownContext,
} from "./docker-contexts.ts";
import { type DockerSources, dockerDirectory, variable } from "./docker-files.ts";
import { parseDockerHost, USUAL_SOCKET } from "./docker-host.ts";
import type { EnginePlace } from "./engine-place.ts";
import { saidBy } from "./said-by.ts";

/**
 * The engine that `docker` would speak to: `DOCKER_HOST`, else `DOCKER_CONTEXT` or the current context, else the usual
 * socket, or that of an engine that runs as the user.
 * @throws GreenError "config" for an address or context that makes no sense
 */
export async function findEngine(sources: DockerSources): Promise<EnginePlace> {
  const { name, from } = await currentContext(sources);
  return name === DEFAULT_CONTEXT ? defaultEngine(sources) : engineOfContext(name, from, sources);
}

/**
 * The engine of a context.
 * @param from what named it
 * @throws GreenError "config" if there is no such context
 */
export async function engineOfContext(
  name: string,
  from: string,
  sources: DockerSources,
): Promise<EnginePlace> {
  if (name === DEFAULT_CONTEXT) return defaultEngine(sources);
  const context = await readContext(name, sources);
  if (context === undefined) throw unknownContext(name, from, await listContexts(sources));
  return contextPlace(context, from);
}

/** Where a context's engine is. */
export async function contextPlace(context: DockerContext, from: string): Promise<EnginePlace> {
  const { name, host, skipTlsVerify, tls } = context;
  const usesTls = skipTlsVerify || Object.keys(tls).length > 0;
  const address = await saidBy(`docker context "${name}"`, () =>
    parseDockerHost(host, usesTls ? { ...tls, verify: !skipTlsVerify } : undefined),
  );
  return { name: `docker context ${name}`, context: name, address, from };
}

/**
 * An engine by its address, as `DOCKER_HOST` has it.
 * @throws GreenError "config"
 */
export async function engineAt(host: string, from: string, tls: TlsFiles | undefined): Promise<EnginePlace> {
  const address = await saidBy(from, () => parseDockerHost(host, tls));
  return { name: formatAddress(address), address, from };
}

async function defaultEngine(sources: DockerSources): Promise<EnginePlace> {
  const host = variable(sources, "DOCKER_HOST");
  if (host !== undefined) return engineAt(host, "DOCKER_HOST", await tlsOfVariables(sources));
  return { name: "docker", address: { kind: "unix", path: await usualSocket(sources) }, from: "default" };
}

/** `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH` (cli v28, `cli/flags/options.go`). */
async function tlsOfVariables(sources: DockerSources): Promise<TlsFiles | undefined> {
  const verify = variable(sources, "DOCKER_TLS_VERIFY") !== undefined;
  if (!verify && variable(sources, "DOCKER_TLS") === undefined) return undefined;
  const directory = variable(sources, "DOCKER_CERT_PATH") ?? dockerDirectory(sources);
  if (directory === undefined) return { verify };
  const there = new Set(await sources.readDirectory(directory));
  const ifThere = (name: string) => (there.has(name) ? join(directory, name) : undefined);
  // Without an authority docker fails, rather than trusting whom everybody trusts; so does reading one that is not there.
  return { verify, ca: join(directory, "ca.pem"), cert: ifThere("cert.pem"), key: ifThere("key.pem") };
}

/** The first that may be used; else the first that is there, so that the error is about that one. */
async function usualSocket(sources: DockerSources): Promise<string> {
  const runtime = variable(sources, "XDG_RUNTIME_DIR");
  const candidates = [
    USUAL_SOCKET,
    ...(runtime === undefined ? [] : [join(runtime, "docker.sock")]), // rootless docker
    ...(sources.home === undefined ? [] : [join(sources.home, ".docker/run/docker.sock")]), // Docker Desktop
  ];
  const found = await Promise.all(
    candidates.map(async (path) => ({ path, usable: await sources.mayUse(path) })),
  );
  const best = found.find(({ usable }) => usable === true) ?? found.find(({ usable }) => usable === false);
  return best?.path ?? USUAL_SOCKET;
}
