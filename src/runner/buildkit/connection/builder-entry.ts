// SPDX-License-Identifier: MIT OR Apache-2.0

/** Drivers that settings may name, in the words of `docker buildx`. */
export const BUILDER_DRIVERS = ["docker", "docker-container", "remote"] as const;
export type BuilderDriver = (typeof BUILDER_DRIVERS)[number];

/** A builder that settings describe. */
export interface BuilderEntry {
  /** `unix://PATH`, `tcp://HOST:PORT`, `ssh://USER@HOST`, `docker-container://NAME`. */
  readonly url: string;
  /** Undefined: as the address says; ssh is to a docker engine, sockets and TCP to a buildkitd. */
  readonly driver: BuilderDriver | undefined;
  /** The engine of a container: a docker context or an address as in `DOCKER_HOST`; undefined: the current one. */
  readonly engine: string | undefined;
  /** PEM files for TLS, of what is connected to by TCP. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Whom the certificate must name, where that is not the host. */
  readonly serverName: string | undefined;
}

/** What settings say of builders. */
export interface BuilderSettings {
  /** The one to be used: a name or an address, and what says so; undefined: as docker has it. */
  readonly chosen: { readonly value: string; readonly from: string } | undefined;
  readonly builders: Readonly<Record<string, BuilderEntry>>;
}

/** An entry of which only the address is said. */
export function entryOf(url: string): BuilderEntry {
  const unsaid = { driver: undefined, engine: undefined, ca: undefined, cert: undefined };
  return { url, ...unsaid, key: undefined, serverName: undefined };
}
