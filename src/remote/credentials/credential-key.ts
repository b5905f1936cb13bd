// SPDX-License-Identifier: MIT OR Apache-2.0

/** All names of Docker Hub's registry, which each tool writes differently. */
const HUB_HOSTS: readonly string[] = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/** How credential helpers know it. */
const HUB_SERVER = "https://index.docker.io/v1/";

/** What a credential helper is asked for. */
export function helperServer(host: string): string {
  return canonicalHost(host) === "docker.io" ? HUB_SERVER : host;
}

/**
 * A key of a file's `auths` or `credHelpers` as host or host/namespace: without scheme, and without the API version
 * that old versions of Docker wrote behind the host. A path behind a scheme never is a namespace.
 */
export function canonicalKey(key: string): string {
  const [, scheme, rest = ""] = /^(https?:\/\/)?(.*?)\/*$/i.exec(key) ?? [];
  const [host = "", ...path] = rest.split("/");
  const namespace = scheme === undefined && !/^v[12]$/.test(path.join("/")) ? path : [];
  return [canonicalHost(host), ...namespace].join("/");
}

/** The keys that apply to a repository, the most specific first: `host/a/b`, `host/a`, `host`. */
export function keysOf(host: string, repository: string): readonly string[] {
  const parts = [canonicalHost(host), ...repository.split("/")];
  return parts.map((_, at) => parts.slice(0, parts.length - at).join("/"));
}

function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  return HUB_HOSTS.includes(lower) ? "docker.io" : lower;
}
