// SPDX-License-Identifier: MIT OR Apache-2.0
// What a fresh machine waits for: everything from a registry, laid down, and cargo; and what a push takes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { program } from "../../test/support/services/program.ts";
import { type Registry, startRegistry } from "../../test/support/services.ts";
import { type SlowLink, startSlowLink } from "../../test/support/slow-link.ts";
import type { PreparedProject } from "./projects.ts";

export interface RemoteOptions {
  readonly project: PreparedProject;
  /** Where to build. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Added to each way, milliseconds. */
  readonly latencies: readonly number[];
  readonly trials: number;
  readonly say: (line: string) => void;
}

/** Seconds of each trial. */
export interface RemoteTimes {
  readonly latencyMs: number;
  /** `cargo green build` with nothing but sources, a compiler and the registry. */
  readonly pull: readonly number[];
  /** `oras cp` of the same pack to a directory: the limit. */
  readonly pullLimit: readonly number[];
  /** `cargo build` where there is nothing to do. */
  readonly nothing: readonly number[];
  /** `cargo green cache push` to an empty repository. */
  readonly push: readonly number[];
  /** The same with nothing new. */
  readonly pushAgain: readonly number[];
  /** `oras cp` of the same pack to an empty repository. */
  readonly pushLimit: readonly number[];
}

const REPOSITORY = "rust/cache";

/** Measures release builds against CNCF distribution on loopback, at each latency. */
export async function measureRemote(options: RemoteOptions): Promise<readonly RemoteTimes[]> {
  const { project, directory, env, latencies, say } = options;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const registry = await startRegistry({ version: "v3" });
  try {
    const first = join(directory, "first");
    cpSync(project.source, first, { recursive: true });
    const own = { ...env, CARGOGREEN_CACHE_DIR: join(directory, "cache") };
    say(`${project.name} release: filling the cache`);
    await run(["cargo", "green", "build", "--release"], first, own);
    const times: RemoteTimes[] = [];
    for (const latencyMs of latencies) {
      times.push(await measureAt(latencyMs, registry, first, own, options));
    }
    return times;
  } finally {
    await registry.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureAt(
  latencyMs: number,
  registry: Registry,
  first: string,
  own: NodeJS.ProcessEnv,
  { directory, env, trials, say }: RemoteOptions,
): Promise<RemoteTimes> {
  const link = await startSlowLink({ to: Number(new URL(registry.url).port), latencyMs });
  const measured = {
    ...{ pull: [], pullLimit: [], nothing: [] },
    ...{ push: [], pushAgain: [], pushLimit: [] },
  };
  const times: { [Name in keyof Omit<RemoteTimes, "latencyMs">]: number[] } = measured;
  try {
    for (let trial = 1; trial <= trials; trial++) {
      const name = `${REPOSITORY}-${latencyMs}-${trial}`;
      const remote = `oci://localhost:${link.port}/${name}`;
      writeRemote(first, remote);
      times.push.push(await run(["cargo", "green", "cache", "push", "team"], first, own));
      times.pushAgain.push(await run(["cargo", "green", "cache", "push", "team"], first, own));
      const tag = await packTag(link, name, env);
      const layout = join(directory, "layout");
      const oras = [program("oras"), "cp", "--from-plain-http", "--to-plain-http"];
      const from = `localhost:${link.port}/${name}:${tag}`;
      times.pullLimit.push(await run([...oras, from, "--to-oci-layout", `${layout}:x`], directory, env));
      const to = `localhost:${link.port}/${name}-copy:x`;
      times.pushLimit.push(await run([...oras, "--from-oci-layout", `${layout}:x`, to], directory, env));
      rmSync(layout, { recursive: true, force: true });
      const machine = join(directory, "machine");
      const checkout = join(machine, "checkout");
      cpSync(first, checkout, { recursive: true, filter: (path) => path !== join(first, "target") });
      const theirs = { ...env, CARGOGREEN_CACHE_DIR: join(machine, "cache") };
      await run(["cargo", "green", "env", "RUSTC_WRAPPER"], checkout, theirs);
      times.pull.push(await run(["cargo", "green", "build", "--release"], checkout, theirs));
      times.nothing.push(await run(["cargo", "build", "--release"], checkout, env));
      rmSync(machine, { recursive: true, force: true });
      say(
        `${latencyMs} ms, ${trial}: ` +
          Object.entries(times)
            .map(([what, values]) => `${what} ${values.at(-1)?.toFixed(2)} s`)
            .join(", "),
      );
    }
  } finally {
    await link.close();
  }
  return { latencyMs, ...times };
}

function writeRemote(checkout: string, url: string): void {
  mkdirSync(join(checkout, ".cargo"), { recursive: true });
  const text = `[remotes.team]\nurl = "${url}"\nvisibility = "private"\nbudget = "30s"\n`;
  writeFileSync(join(checkout, ".cargo", "green.toml"), text);
}

async function packTag({ port }: SlowLink, name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const listed = await output(
    [program("oras"), "repo", "tags", "--plain-http", `localhost:${port}/${name}`],
    env,
  );
  const tag = listed.split("\n").find((line) => line.startsWith("pack."));
  if (tag === undefined) throw new Error(`there is no pack in ${name}`);
  return tag;
}

async function output([command = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(child, "close");
  return Buffer.concat(chunks).toString("utf8");
}

/** Seconds of a command; the link is in this process, so nothing may block it. */
async function run(
  [command = "", ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const begun = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
  const [status] = await once(child, "close");
  if (status !== 0)
    throw new Error(`${[command, ...args].join(" ")}\n${Buffer.concat(said).toString("utf8")}`);
  return (performance.now() - begun) / 1000;
}
