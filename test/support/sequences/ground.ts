// SPDX-License-Identifier: MIT OR Apache-2.0
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFiles } from "../files.ts";
import { processesOf } from "../processes.ts";
import { Sandbox } from "../sandbox.ts";
import { Checkout, type CheckoutContents } from "./checkout.ts";
import { DISTANT_WORDS, distant, LEAF_VERSIONS, PUBLISHED } from "./published.ts";

/** How `cargo green` builds. */
export interface Mode {
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `+nightly`. */
  readonly toolchain?: string;
}

/** What all sequences start from. */
export interface Ground {
  readonly sandbox: Sandbox;
  readonly mode: Mode;
  /** Plain cargo stands in for cargo-green. */
  readonly plain: boolean;
  readonly contents: CheckoutContents;
  /** The triple that rustc compiles for. */
  readonly host: string;
  /** Path of the shim, for builds without `cargo green`; empty if plain. */
  readonly wrapper: string;
}

const DAY_MS = 86_400_000;

/** Makes everything that does not change: crates, lockfiles, two CARGO_HOMEs, and a store that knows first builds. */
export async function layGround(mode: Mode, plain: boolean): Promise<Ground> {
  const sandbox = new Sandbox({ env: { CARGOGREEN_IDLE: "2s" } });
  for (const files of PUBLISHED) sandbox.publish(files);
  const revisions = await commitDistant(sandbox);
  const time = new Date(Date.now() - DAY_MS);
  const upstream = `file://${sandbox.path("upstream")}`;
  const first = sandbox.path("one");
  new Checkout(first, { upstream, locks: [], time });
  const locks = await makeLocks(sandbox, join(first, "ws"), revisions);
  cpSync(sandbox.cargoHome, sandbox.path("cargo-2"), { recursive: true, preserveTimestamps: true });
  rmSync(first, { recursive: true });
  const contents = { upstream, locks, time };
  const host = /^host: (.*)$/m.exec(await sandbox.run(["rustc", "-vV"], { in: sandbox.root }))?.[1] ?? "";
  const wrapper = plain ? "" : await fillStore(sandbox, mode, contents);
  return { sandbox, mode, plain, contents, host, wrapper };
}

/** Everything as `layGround` left it. */
export function restoreGround({ sandbox, plain }: Ground): void {
  endProcesses(sandbox);
  const left = ["one", "two", "targets", "saved", ...(plain ? [] : ["store"])];
  for (const name of left) rmSync(sandbox.path(name), { recursive: true, force: true });
  const kept = keptStore(sandbox);
  if (existsSync(kept)) cpSync(kept, sandbox.store, { recursive: true, preserveTimestamps: true });
}

export function removeGround({ sandbox }: Ground): void {
  endProcesses(sandbox);
  sandbox.dispose();
}

function endProcesses(sandbox: Sandbox): void {
  for (const { pid } of processesOf(sandbox.root)) process.kill(pid, "SIGKILL");
}

function keptStore(sandbox: Sandbox): string {
  return sandbox.path("kept-store");
}

/** Makes the git repository, a commit for each word, and returns the commits. */
async function commitDistant(sandbox: Sandbox): Promise<readonly string[]> {
  const upstream = sandbox.path("upstream");
  const revisions: string[] = [];
  for (const word of DISTANT_WORDS) {
    writeFiles(upstream, distant(word));
    const git = (...args: string[]) =>
      sandbox.run(["git", "-c", "user.name=x", "-c", "user.email=x", ...args], { in: upstream });
    if (revisions.length === 0) await git("init", "-q", "-b", "main");
    await git("add", ".");
    await git("commit", "-qm", word);
    revisions.push((await git("rev-parse", "HEAD")).trim());
  }
  return revisions;
}

/** Returns the lockfile's variants, and has everything in them downloaded. */
async function makeLocks(
  sandbox: Sandbox,
  workspace: string,
  revisions: readonly string[],
): Promise<string[]> {
  const locks: string[] = [];
  const options = { in: workspace, env: { CARGO_NET_OFFLINE: undefined } };
  for (const version of LEAF_VERSIONS) {
    for (const revision of revisions) {
      await sandbox.cargo(["update", "leaf", "--precise", version], options);
      await sandbox.cargo(["update", "distant", "--precise", revision], options);
      await sandbox.cargo(["fetch"], options);
      locks.push(readFileSync(join(workspace, "Cargo.lock"), "utf8"));
    }
  }
  return locks;
}

/** Builds once each way and keeps the store aside. Returns the shim's path. */
async function fillStore(sandbox: Sandbox, mode: Mode, contents: CheckoutContents): Promise<string> {
  const directory = sandbox.path("one");
  new Checkout(directory, contents);
  const { toolchain } = mode;
  const options = {
    in: join(directory, "ws"),
    env: mode.env,
    ...(toolchain === undefined ? {} : { toolchain }),
  };
  for (const args of [[], ["--release"], ["--features", "app/extra"]]) {
    await sandbox.green(["build", ...args], options);
  }
  const wrapper = await sandbox.run(["cargo", "green", "env", "RUSTC_WRAPPER"], options);
  rmSync(directory, { recursive: true });
  renameSync(sandbox.store, keptStore(sandbox));
  return wrapper.trim();
}
