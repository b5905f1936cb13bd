// SPDX-License-Identifier: MIT OR Apache-2.0

/** How much is written to the log, from nothing to everything. */
export const LOG_LEVELS = ["off", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const SANDBOX_MODES = ["prefer", "enforce", "off"] as const;
export type SandboxMode = (typeof SANDBOX_MODES)[number];

/** The settings in force for one request. Plain data: safe to keep, to compare and to print. */
export interface Config {
  /** False: Cargo runs as if cargo-green were not there. */
  readonly enabled: boolean;
  /** Absolute path of the store, the shims and the compile cache. */
  readonly cacheDir: string;
  readonly log: LogLevel;
  /** Adds `--remap-path-prefix` to registry and git units, so that their bytes fit every checkout. */
  readonly remapPathPrefix: boolean;
  /** What happens to units that do not work in the sandbox: they run without it, they fail; or there is none. */
  readonly sandbox: SandboxMode;
  /** Names of packages whose units may use the network. */
  readonly withNetwork: readonly string[];
  /** Names of environment variables that units may see beyond Cargo's and the documented ones. */
  readonly setEnvs: readonly string[];
  /** After this many milliseconds without a request a broker that a bare shim started ends. */
  readonly idleMs: number;
}
