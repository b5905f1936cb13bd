// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Config } from "./config.ts";

/** Where a value of a setting was found, and the value as it was written there. */
export interface Found {
  /** As a person would look for it: `CARGOGREEN_IDLE`, later also `cache-dir in green.toml`. */
  readonly where: string;
  readonly text: string;
}

/** One place that settings may come from. Sources are asked in order; the first that has a value wins. */
export interface ConfigSource {
  find(setting: keyof Config): Found | undefined;
}

/** Environment variable of each setting. */
export const VARIABLES: Readonly<Record<keyof Config, string>> = {
  enabled: "CARGOGREEN_ENABLED",
  cacheDir: "CARGOGREEN_CACHE_DIR",
  log: "CARGOGREEN_LOG",
  remapPathPrefix: "CARGOGREEN_REMAP",
  sandbox: "CARGOGREEN_SANDBOX",
  withNetwork: "CARGOGREEN_WITH_NETWORK",
  setEnvs: "CARGOGREEN_SET_ENVS",
  idleMs: "CARGOGREEN_IDLE",
};

/** The environment as a source. A variable that is set to nothing counts as unset, as with XDG's. */
export function environmentSource(env: NodeJS.ProcessEnv): ConfigSource {
  return {
    find(setting) {
      const where = VARIABLES[setting];
      const text = env[where];
      return text === undefined || text === "" ? undefined : { where, text };
    },
  };
}
