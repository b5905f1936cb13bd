// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../../error.ts";
import type { DockerSources } from "../../engine/docker-files.ts";
import { engineAt, engineOfContext, findEngine } from "../../engine/find-engine.ts";
import { parseSsh, parseTcp, parseUnix, type TlsFiles } from "../../stream/stream-address.ts";
import type { BuilderEntry } from "./builder-entry.ts";
import type { BuilderAt } from "./builder-place.ts";

/** Kinds of addresses of buildctl that cannot be used from here, and what they lead to. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  "kube-pod": "a pod of Kubernetes",
  "podman-container": "a container of podman",
  "nerdctl-container": "a container of nerdctl",
  npipe: "a named pipe of Windows",
};

/** What an address leads to, and by what it is secured. */
export interface BuildKitUrl {
  readonly url: string;
  /** What named it, for errors. */
  readonly from: string;
  readonly tls: TlsFiles | undefined;
  /** The engine of a container, where the address names none: a context or a host; undefined: the current one. */
  readonly engine: string | undefined;
}

/**
 * What buildctl and buildx's remote driver mean by an address of BuildKit (buildkit 0.25, `client/connhelper`).
 * @throws GreenError "config"
 */
export async function parseBuildKitUrl(
  { url, from, tls, engine }: BuildKitUrl,
  sources: DockerSources,
): Promise<BuilderAt> {
  const scheme = /^([a-z-]+):\/\//.exec(url)?.[1] ?? "";
  const what = Object.hasOwn(UNSUPPORTED, scheme) ? UNSUPPORTED[scheme] : undefined;
  if (what !== undefined) return { driver: "unsupported", what, endpoint: url };
  switch (scheme) {
    case "unix":
      return { driver: "remote", address: parseUnix(url) };
    case "tcp":
      return { driver: "remote", address: parseTcp(url, tls) };
    case "ssh":
      return { driver: "remote", address: parseSsh(url) };
    case "docker-container": {
      const { container, context } = parseContainer(url);
      return {
        driver: "docker-container",
        container,
        engine: await engineNamed(context ?? engine, from, tls, sources),
      };
    }
    default:
      throw new GreenError("config", `"${url}" is no address of BuildKit`, {
        hint: "there are unix://PATH, tcp://HOST:PORT, ssh://USER@HOST and docker-container://NAME",
      });
  }
}

/**
 * What settings mean by a builder of theirs.
 * @throws GreenError "config"
 */
export async function entryAt(entry: BuilderEntry, from: string, sources: DockerSources): Promise<BuilderAt> {
  const { url, engine } = entry;
  const tls = tlsOf(entry);
  const driver = entry.driver ?? usualDriver(url);
  if (driver === "docker") return { driver, engine: await engineAt(url, from, tls) };
  const at = await parseBuildKitUrl({ url, from, tls, engine }, sources);
  if (at.driver === driver || at.driver === "unsupported") return at;
  throw new GreenError("config", `The driver "${driver}" does not go with "${url}"`, {
    hint: "docker-container goes with docker-container://NAME, remote with unix://, tcp:// and ssh://",
  });
}

/** Most who have ssh to a machine have docker there, not buildkitd alone. */
function usualDriver(url: string): NonNullable<BuilderEntry["driver"]> {
  if (url.startsWith("ssh://")) return "docker";
  return url.startsWith("docker-container://") ? "docker-container" : "remote";
}

/** What is said of TLS; undefined if nothing is. */
export function tlsOf({ ca, cert, key, serverName }: Omit<BuilderEntry, "url">): TlsFiles | undefined {
  const said = [ca, cert, key, serverName].some((each) => each !== undefined);
  return said ? { ca, cert, key, serverName, verify: true } : undefined;
}

function parseContainer(url: string): { readonly container: string; readonly context: string | undefined } {
  const [, container, query = ""] =
    /^docker-container:\/\/([A-Za-z0-9][\w.-]*)\/?(?:\?(.*))?$/.exec(url) ?? [];
  if (container !== undefined)
    return { container, context: new URLSearchParams(query).get("context") || undefined };
  throw new GreenError("config", `"${url}" names no container`, { hint: "write docker-container://NAME" });
}

/** A docker context by its name, else an engine by its address, as buildx takes its nodes' endpoints. */
export async function engineNamed(
  name: string | undefined,
  from: string,
  tls: TlsFiles | undefined,
  sources: DockerSources,
) {
  if (name === undefined) return findEngine(sources);
  return name.includes("://") ? engineAt(name, from, tls) : engineOfContext(name, from, sources);
}
