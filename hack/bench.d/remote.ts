// SPDX-License-Identifier: MIT OR Apache-2.0
// What a fresh machine waits for: everything from a registry, laid down, and cargo; and what a push takes.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PushMode } from "../../src/config/config.ts";
import { program } from "../../test/support/services/program.ts";
import { type Registry, startRegistry } from "../../test/support/services.ts";
import { type SlowLink, startSlowLink } from "../../test/support/slow-link.ts";
import { outputOf, secondsOf } from "./async-run.ts";
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
  /** What that has left, unpacked by `zstd` and `tar`, all layers at once; nothing where there is no `zstd`. */
  readonly unpacked: readonly number[];
  /** `cargo build` where there is nothing to do. */
  readonly nothing: readonly number[];
  /** `cargo green cache push` to an empty repository, of units that were built to be pushed. */
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
    // As CI has it, which pushes at the end of each build: to a repository that nothing else uses.
    writeRemote(first, `oci://${registry.host}/${REPOSITORY}`, "on-success");
    const log = join(directory, "output.log");
    await secondsOf(["cargo", "green", "build", "--release"], { cwd: first, env: own, log });
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
    ...{ pull: [], pullLimit: [], unpacked: [], nothing: [] },
    ...{ push: [], pushAgain: [], pushLimit: [] },
  };
  const times: { [Name in keyof Omit<RemoteTimes, "latencyMs">]: number[] } = measured;
  const log = join(directory, "output.log");
  const timed = (command: readonly string[], cwd: string, environment: NodeJS.ProcessEnv) =>
    secondsOf(command, { cwd, env: environment, log });
  try {
    for (let trial = 1; trial <= trials; trial++) {
      const name = `${REPOSITORY}-${latencyMs}-${trial}`;
      // Nothing is removed before the end: files that are made while others are forgotten take several times as long.
      const place = join(directory, `${latencyMs}-${trial}`);
      mkdirSync(place);
      writeRemote(first, `oci://localhost:${link.port}/${name}`);
      const push = ["cargo", "green", "cache", "push", "team"];
      times.push.push(await timed(push, first, own));
      times.pushAgain.push(await timed(push, first, own));
      const tag = await packTag(link, name, env);
      const oras = [program("oras"), "cp", "--from-plain-http", "--to-plain-http"];
      const layout = `${join(place, "layout")}:x`;
      const from = [...oras, `localhost:${link.port}/${name}:${tag}`, "--to-oci-layout", layout];
      times.pullLimit.push(await timed(from, place, env));
      if (hasZstd(env)) times.unpacked.push(await timed(unpacking(place), place, env));
      const to = [...oras, "--from-oci-layout", layout, `localhost:${link.port}/${name}-copy:x`];
      times.pushLimit.push(await timed(to, place, env));
      const checkout = join(place, "checkout");
      cpSync(first, checkout, { recursive: true, filter: (path) => path !== join(first, "target") });
      const theirs = { ...env, CARGOGREEN_CACHE_DIR: join(place, "cache") };
      await timed(["cargo", "green", "env", "RUSTC_WRAPPER"], checkout, theirs);
      times.pull.push(await timed(["cargo", "green", "build", "--release"], checkout, theirs));
      times.nothing.push(await timed(["cargo", "build", "--release"], checkout, env));
      const last = Object.entries(times).map(([what, values]) => `${what} ${values.at(-1)?.toFixed(2)} s`);
      say(`${latencyMs} ms, ${trial}: ${last.join(", ")}`);
    }
  } finally {
    await link.close();
  }
  return { latencyMs, ...times };
}

function hasZstd(env: NodeJS.ProcessEnv): boolean {
  return spawnSync("zstd", ["--version"], { env, stdio: "ignore" }).status === 0;
}

/** Unpacks the layers of the layout in a directory. */
function unpacking(place: string): readonly string[] {
  const blobs = join(place, "layout", "blobs", "sha256");
  const files = readdirSync(blobs).map((name) => join(blobs, name));
  // Layers are large: configs and manifests are not.
  const layers = files.filter((file) => statSync(file).size > 100_000);
  const into = join(place, "unpacked");
  mkdirSync(into);
  const script = 'for layer; do zstd -qdc "$layer" | tar -xf - -C "$0" & done; wait';
  return ["sh", "-c", script, into, ...layers];
}

/** As `oras --plain-http`: it is not asked whether it speaks TLS. */
function writeRemote(checkout: string, url: string, push: PushMode = "off"): void {
  mkdirSync(join(checkout, ".cargo"), { recursive: true });
  const lines = [
    `push = "${push}"`,
    "[remotes.team]",
    ...[`url = "${url}"`, 'visibility = "private"', 'budget = "30s"', "insecure = true"],
  ];
  writeFileSync(join(checkout, ".cargo", "green.toml"), `${lines.join("\n")}\n`);
}

async function packTag({ port }: SlowLink, name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const listed = await outputOf(
    [program("oras"), "repo", "tags", "--plain-http", `localhost:${port}/${name}`],
    env,
  );
  const tag = listed.split("\n").find((line) => line.startsWith("pack."));
  if (tag === undefined) throw new Error(`there is no pack in ${name}`);
  return tag;
}
