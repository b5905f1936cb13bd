// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Config } from "./config.ts";
import { VARIABLES } from "./source.ts";

/** The settings in force as the environment variables that would give the same ones, in their order. */
export function variablesOf(config: Config): readonly (readonly [name: string, value: string])[] {
  return [
    [VARIABLES.enabled, config.enabled ? "1" : "0"],
    [VARIABLES.cacheDir, config.cacheDir],
    [VARIABLES.log, config.log],
    [VARIABLES.remapPathPrefix, config.remapPathPrefix ? "1" : "0"],
    [VARIABLES.sandbox, config.sandbox],
    [VARIABLES.withNetwork, config.withNetwork.join(",")],
    [VARIABLES.setEnvs, config.setEnvs.join(",")],
    [VARIABLES.idleMs, config.idleMs % 1000 === 0 ? `${config.idleMs / 1000}s` : `${config.idleMs}ms`],
  ];
}
