// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import type { ClientCertificates } from "./certificates.ts";
import type { EngineName } from "./engines.ts";
import type { BaseImage } from "./image/base-image.ts";
import { readJson, writeJson } from "./json-file.ts";
import type { Running } from "./running.ts";

export interface DockerAccess {
  /** `unix:///…`, for DOCKER_HOST. */
  readonly host: string;
  /** `tcp://127.0.0.1:PORT`, for DOCKER_HOST with DOCKER_TLS_VERIFY. */
  readonly tcp: string;
  readonly certificates: ClientCertificates;
  /** The same certificates as `ca.pem`, `cert.pem` and `key.pem`, for DOCKER_CERT_PATH. */
  readonly certificateDirectory: string;
  /** The CLI of that engine, which knows `buildx`; it takes no settings of the user's. */
  readonly program: string;
}

export interface BuildkitAccess {
  /** `unix:///…`, for BUILDKIT_HOST. */
  readonly host: string;
  /** `tcp://127.0.0.1:PORT`, which asks for a client's certificate. */
  readonly tcp: string;
  readonly certificates: ClientCertificates;
  /** `buildctl`. */
  readonly program: string;
}

export interface PodmanAccess {
  /** `podman`, with storage and settings of its own. */
  readonly program: string;
  /**
   * Runs its arguments as an ordinary user who has a `podman` in the PATH, without root's rights and with an empty
   * storage.
   */
  readonly asUser: string;
}

export interface SshAccess {
  /** `ssh://builder`, for DOCKER_HOST, with `bin` on PATH. */
  readonly host: string;
  /** `builder`, which is its host name too. */
  readonly name: string;
  /** Has an `ssh` that knows the host, whatever the user's own settings are. */
  readonly bin: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
}

export interface RegistryAccess {
  /** `localhost:PORT`, by plain HTTP: the base image is there, and so it is on the other machine. */
  readonly host: string;
}

export interface EngineAccess {
  readonly docker: DockerAccess;
  readonly buildkit: BuildkitAccess;
  readonly podman: PodmanAccess;
  readonly ssh: SshAccess;
}

/** How to reach what runs: written by `hack/engine up`, read by tests. */
export interface Access {
  readonly registry: RegistryAccess;
  readonly image: BaseImage & {
    /** `localhost:PORT/NAME@sha256:…`, in the registry. */
    readonly reference: string;
  };
  readonly engines: { readonly [Name in EngineName]?: EngineAccess[Name] };
}

const ACCESS_FILE = "access.json";

/** What `hack/engine up` left, without the engines that have ended since; `undefined` if nothing runs. */
export function readAccess(running: Running): Access | undefined {
  const access = readJson<Access>(join(running.directory, ACCESS_FILE));
  const daemons = running.names();
  if (access === undefined || !daemons.includes("registry")) return undefined;
  // podman is no daemon.
  const alive = ([name]: [string, unknown]) => name === "podman" || daemons.includes(name);
  return { ...access, engines: Object.fromEntries(Object.entries(access.engines).filter(alive)) };
}

export function writeAccess(running: Running, access: Access): void {
  writeJson(join(running.directory, ACCESS_FILE), access);
}
