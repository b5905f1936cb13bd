// SPDX-License-Identifier: MIT OR Apache-2.0
// Engines of one test alone, for what would disturb others: that they are killed, or that their disk is full.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildkitDaemon, buildkitSocket } from "../../../hack/engine.d/buildkit.ts";
import type { DaemonPlan } from "../../../hack/engine.d/daemon.ts";
import { dockerDaemon, dockerSocket } from "../../../hack/engine.d/docker.ts";
import { type Daemon, startDaemon } from "../services/daemon.ts";

export interface OwnEngineOptions {
  /** Size of its disk, in bytes: in memory. Default: the machine's own disk. The base image takes 1.3 GB. */
  readonly diskBytes?: number;
}

export interface OwnEngine {
  /** `unix:///…`: of DOCKER_HOST, or of BUILDKIT_HOST. */
  readonly host: string;
  /** Ends it at once, with all that it runs; its data stay, unless they are in memory. */
  kill(): Promise<void>;
  /** Starts it again after that, at the same place. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** It has no image yet. Its containers have no network but the machine's own. */
export function startOwnDocker(options: OwnEngineOptions = {}): Promise<OwnEngine> {
  const directory = newDirectory("docker");
  const plan = dockerDaemon({ directory, ...options }, process.env);
  return startOwn(plan, directory, `unix://${dockerSocket(directory)}`);
}

/** It has no image yet. */
export function startOwnBuildkit(options: OwnEngineOptions = {}): Promise<OwnEngine> {
  const directory = newDirectory("buildkit");
  const plan = buildkitDaemon({ directory, ...options }, process.env);
  return startOwn(plan, directory, `unix://${buildkitSocket(directory)}`);
}

async function startOwn(plan: DaemonPlan, directory: string, host: string): Promise<OwnEngine> {
  let daemon: Daemon | undefined;
  const engine: OwnEngine = {
    host,
    async kill() {
      await daemon?.close();
      daemon = undefined;
    },
    async start() {
      const ready = (log: string) => plan.ready(log) || undefined;
      ({ daemon } = await startDaemon(plan.argv, newDirectory("engine"), plan.env, ready));
    },
    async close() {
      await engine.kill();
      // What ended with its namespaces may still be letting go of its files.
      rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
  await engine.start();
  return engine;
}

function newDirectory(kind: string): string {
  return mkdtempSync(join(tmpdir(), `green-${kind}-`));
}
