// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { type DaemonPlan, startDetached, untilReady } from "./daemon.ts";
import { environmentWith, type ProgramEnvironment } from "./environment.ts";
import { readJson, writeJson } from "./json-file.ts";
import { claimNetwork, type Network, removeNetwork, setUpNetwork } from "./network.ts";
import { end, isRunning, type ProcessIdentity } from "./process-identity.ts";
import { unmountAll } from "./unmount-all.ts";

interface Noted {
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
  readonly network?: Network;
}

const NOTES = "running.json";

/** Begins the names of directories that are on their way out. */
const REMOVED = ".removed-";

/** What runs below a directory, noted as soon as it does: whoever comes later can stop it. */
export class Running {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Keeps all that is made from now on in memory, until it is stopped. Needs root. */
  moveToMemory(): void {
    mkdirSync(this.directory, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", this.directory], { stdio: "pipe" });
  }

  /** Names of the daemons that have not ended. */
  names(): readonly string[] {
    const { processes } = this.#noted();
    return Object.entries(processes).flatMap(([name, identity]) => (isRunning(identity) ? [name] : []));
  }

  /** Starts a daemon that prints to `NAME.log`, and waits until it serves. */
  async start(name: string, plan: DaemonPlan): Promise<void> {
    const log = join(this.directory, `${name}.log`);
    const identity = await startDetached(plan, log);
    const noted = this.#noted();
    this.#note({ ...noted, processes: { ...noted.processes, [name]: identity } });
    await untilReady(plan, identity, log);
  }

  /** Makes the bridge and the other machine's network. `env` is as for `claimNetwork`. */
  network(env: ProgramEnvironment): Network {
    const network = claimNetwork(env);
    this.#note({ ...this.#noted(), network });
    setUpNetwork(network, env);
    return network;
  }

  /** Ends all, takes the network away and removes the directory. `env` is that of this process. */
  async stop(env: NodeJS.ProcessEnv): Promise<void> {
    const { processes, network } = this.#noted();
    for (const identity of Object.values(processes).reverse()) await end(identity);
    if (network !== undefined) removeNetwork(network, environmentWith(["nft"], env));
    // podman, which is no daemon, leaves some of its mounts.
    unmountAll(this.directory);
    this.#remove();
  }

  /** Gigabytes of small files: another process removes them, and those that an earlier one was kept from removing. */
  #remove(): void {
    const parent = dirname(this.directory);
    if (!existsSync(parent)) return;
    if (existsSync(this.directory)) renameSync(this.directory, join(parent, `${REMOVED}${randomUUID()}`));
    const removed = readdirSync(parent).filter((name) => name.startsWith(REMOVED));
    if (removed.length === 0) return;
    spawn("rm", ["-rf", "--", ...removed], { cwd: parent, stdio: "ignore", detached: true }).unref();
  }

  #noted(): Noted {
    return readJson<Noted>(join(this.directory, NOTES)) ?? { processes: {} };
  }

  #note(noted: Noted): void {
    if (!existsSync(this.directory)) mkdirSync(this.directory, { recursive: true });
    writeJson(join(this.directory, NOTES), noted);
  }
}
