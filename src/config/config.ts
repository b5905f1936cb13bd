// SPDX-License-Identifier: MIT OR Apache-2.0
import type { CacheEntry, CacheTarget } from "../runner/buildkit/cache-entry.ts";
import type { BuilderEntry } from "../runner/buildkit/connection/builder-entry.ts";

/** How much is written to the log, from nothing to everything; `trace` is `debug`, and a trace of each build. */
export const LOG_LEVELS = ["off", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** True if everything that happens is to be told. */
export function saysMuch({ log }: { readonly log: LogLevel }): boolean {
  return log === "debug" || log === "trace";
}

/** `prefer`: a unit that fails in the sandbox runs again without; `enforce`: it fails; `off`: there is none. */
export const SANDBOX_MODES = ["prefer", "enforce", "off"] as const;
export type SandboxMode = (typeof SANDBOX_MODES)[number];

/** What executes a unit on a miss. */
export const RUNNERS = ["host", "auto", "buildkit", "podman"] as const;
export type Runner = (typeof RUNNERS)[number];

/** Who may read a remote: everybody, or only those whom its owner lets in. */
export const VISIBILITIES = ["public", "private"] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** `replay`: what remotes have is laid down before Cargo starts; `lazy`: they are asked for each unit that Cargo wants. */
export const FETCH_MODES = ["replay", "lazy", "off"] as const;
export type FetchMode = (typeof FETCH_MODES)[number];

/** `on-success`: a build that succeeded sends what it made. */
export const PUSH_MODES = ["on-success", "off"] as const;
export type PushMode = (typeof PUSH_MODES)[number];

/** A `[remotes.NAME]` table. */
export interface RemoteConfig {
  /** `oci://host/namespace/repository`, `s3://bucket/prefix`, `oci-layout:DIRECTORY` or `oci-layout:FILE.tar`. */
  readonly url: string;
  readonly visibility: Visibility;
  /** May units be sent there? */
  readonly push: boolean;
  /** May units be taken from there? */
  readonly pull: boolean;
  /** A tag for each unit, besides those of packs; some registries limit how many tags there may be. */
  readonly unitTags: boolean;
  /** Plain HTTP, which is otherwise for this machine's own addresses only. */
  readonly insecure: boolean;
  /** PEM file of authorities to trust besides the system's. */
  readonly ca: string | undefined;
  /** PEM files of a client's certificate and its key. */
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
  /** Where to read from first; nothing is sent there. */
  readonly mirrors: readonly string[];
  /** After this many milliseconds without an answer's first byte a build goes on without this remote. */
  readonly budgetMs: number;
}

/** The settings in force for one request. Plain data: safe to keep, to compare and to print. */
export interface Config {
  /** False: Cargo runs as if cargo-green were not there. */
  readonly enabled: boolean;
  /** Absolute path of the store, the shims and the compile cache. */
  readonly cacheDir: string;
  /** What `cache prune` makes the store fit into, bytes; undefined: no limit. */
  readonly keepSize: number | undefined;
  readonly log: LogLevel;
  /** What stands before each line that units printed, in a trace. */
  readonly tracePrefix: string;
  /** Adds `--remap-path-prefix` to registry and git units, so that their bytes fit every checkout. */
  readonly remapPathPrefix: boolean;
  /** False: Cargo gets `CARGO_INCREMENTAL=0`, unless the environment sets that variable; then all units are cached. */
  readonly incremental: boolean;
  /** Lay down what the store has, with Cargo's fingerprints, before Cargo starts. */
  readonly replay: boolean;
  /** False: no command of ours asks a question. */
  readonly interactive: boolean;
  /** After this many milliseconds without a request a broker that a bare shim started ends. */
  readonly idleMs: number;
  readonly sandbox: SandboxMode;
  /** Names of packages whose units may use the network; `*` means all. */
  readonly withNetwork: readonly string[];
  /** Names of further variables that units may see. */
  readonly setEnvs: readonly string[];
  readonly runner: Runner;
  /** Where BuildKit is: a name of `builders`, of docker's, or an address; undefined: as docker has it. */
  readonly builder: string | undefined;
  /** Image that container runners compile in. */
  readonly baseImage: string | undefined;
  /** Lines of a Containerfile that make the image that container runners compile in. */
  readonly baseImageInline: string | undefined;
  /** System packages that are installed into the base image, by package manager. */
  readonly addApt: readonly string[];
  readonly addAptGet: readonly string[];
  readonly addApk: readonly string[];
  /** rustup components that are installed into the base image. */
  readonly components: readonly string[];
  /** Hosts that container images are taken from instead of the default one. */
  /** Secrets and ssh agents that steps of the base image may use, as docker's `--secret` and `--ssh` have them. */
  readonly secrets: readonly string[];
  readonly ssh: readonly string[];
  readonly registryMirrors: readonly string[];
  /** Images that builders' caches are read from and written to. */
  readonly cacheImages: readonly string[];
  /** Caches that builders read. */
  readonly cacheFrom: readonly CacheEntry[];
  /** Caches that builders write. */
  readonly cacheTo: readonly CacheTarget[];
  /** Remotes by name. */
  readonly remotes: Readonly<Record<string, RemoteConfig>>;
  /** Builders by name. */
  readonly builders: Readonly<Record<string, BuilderEntry>>;
  /** When builds send new units to the remotes that allow it. */
  readonly push: PushMode;
  /** How builds ask the remotes that allow it. */
  readonly fetch: FetchMode;
  /** URLs of registries whose packages anybody may see, besides crates.io. */
  readonly publicRegistries: readonly string[];
  /** URLs of git repositories whose packages anybody may see. */
  readonly publicGit: readonly string[];
  /** Names of variables that a public unit may have read. */
  readonly allowEnv: readonly string[];
}
