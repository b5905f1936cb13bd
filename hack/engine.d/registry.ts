// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DaemonPlan } from "./daemon.ts";

export interface RegistryOptions {
  /** CNCF distribution 3. */
  readonly program: string;
  readonly directory: string;
  readonly port: number;
}

/**
 * A registry on loopback, from which all engines have the base image. On another machine, the same directory is served
 * at the same address once more, so that references mean the same there.
 */
export function registryDaemon({ program, directory, port }: RegistryOptions): DaemonPlan {
  mkdirSync(directory, { recursive: true });
  const config = join(directory, "config.json");
  // JSON is YAML too: https://distribution.github.io/distribution/about/configuration/
  const settings = {
    version: 0.1,
    log: { level: "info" },
    storage: { filesystem: { rootdirectory: join(directory, "data") } },
    http: { addr: `127.0.0.1:${port}` },
  };
  writeFileSync(config, JSON.stringify(settings));
  return {
    argv: [program, "serve", config],
    // It would look for a collector of traces.
    env: { OTEL_TRACES_EXPORTER: "none" },
    ready: (log) => log.includes("listening on "),
  };
}
