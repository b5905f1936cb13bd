// SPDX-License-Identifier: MIT OR Apache-2.0
// What a build costs whose units run in containers: cold on this host, by BuildKit and by podman; with results that
// only the builder has; and with a process and a Containerfile for each unit, as naive tools do it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { atOnce } from "../../src/at-once.ts";
import type { Access } from "../engine.d/access.ts";
import { rotate } from "./builds.ts";
import type { PreparedProject } from "./projects.ts";
import type { Profile } from "./scenarios.ts";

/** What is measured, in the order in which it is shown. */
export const CONTAINER_WAYS = ["host", "buildkit", "builder-warm", "buildx", "podman"] as const;
export type ContainerWay = (typeof CONTAINER_WAYS)[number];

/** One run. */
export interface ContainerTime {
  readonly way: ContainerWay;
  readonly seconds: number;
  /** Compilations and runs of build scripts. */
  readonly units: number;
}

export interface ContainersOptions {
  readonly project: PreparedProject;
  readonly profile: Profile;
  /** Which ones. `builder-warm` and `buildx` stand on what `buildkit` built, so they are measured with it. */
  readonly runners: readonly Exclude<ContainerWay, "builder-warm">[];
  /** Where to build. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly engines: Access;
  readonly trials: number;
  readonly save: (time: ContainerTime) => void;
  readonly say: (line: string) => void;
}

/** As many as Cargo has at once on the machines that this was measured on. */
const JOBS = 2;

/** Measures each way in turn in every round. Every round's units are new to everybody: a `--cfg` of their own. */
export async function measureContainers(options: ContainersOptions): Promise<void> {
  const { runners, trials, directory, save, say } = options;
  for (let round = 1; round <= trials; round++) {
    const flags = `--cfg round_${Date.now()}`;
    const note = (time: ContainerTime) => {
      save(time);
      say(`${round} ${time.way.padEnd(12)} ${time.seconds.toFixed(2).padStart(7)} s  ${time.units} units`);
    };
    const building = runners.filter((runner) => runner !== "buildx");
    for (const runner of rotate(building, round - 1)) {
      const world = worldOf(runner, flags, join(directory, runner), options);
      const cold = await build(world, "first");
      note({ way: runner, ...cold });
      if (runner === "buildkit") {
        if (runners.includes("buildx")) {
          note({ way: "buildx", seconds: await buildEach(world, options), units: cold.units });
        }
        note({ way: "builder-warm", ...(await build(await emptied(world), "second")) });
      }
      rmSync(world.directory, { recursive: true, force: true });
    }
  }
}

interface World extends Pick<ContainersOptions, "project" | "profile"> {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

function worldOf(
  runner: string,
  RUSTFLAGS: string,
  directory: string,
  { project, profile, env, engines }: ContainersOptions,
): World {
  mkdirSync(directory, { recursive: true });
  const { docker, podman } = engines.engines;
  const programs = podman === undefined ? [] : [dirname(podman.program)];
  const own = {
    ...{ ...env, ...profile.env, RUSTFLAGS, PATH: [...programs, env["PATH"]].join(":") },
    ...{ CARGOGREEN_CACHE_DIR: join(directory, "cache"), CARGOGREEN_RUNNER: runner },
    ...{ CARGOGREEN_BASE_IMAGE: engines.image.reference, DOCKER_HOST: docker?.host },
  };
  return { directory, project, profile, env: own };
}

/** The same world, whose builder alone knows what was built. */
async function emptied(world: World): Promise<World> {
  rmSync(join(world.directory, "cache"), { recursive: true, force: true });
  return world;
}

/** Builds a new checkout. The shim is compiled before, which is done once per toolchain. */
async function build(
  { directory, project, profile, env }: World,
  name: string,
): Promise<Omit<ContainerTime, "way">> {
  const checkout = join(directory, name);
  cpSync(project.source, checkout, { recursive: true });
  await run(["cargo", "green", "env", "RUSTC_WRAPPER"], checkout, env);
  const { seconds, said } = await run(["cargo", "green", "build", ...profile.args], checkout, env);
  const [, units = "0"] = /Green (\d+) units/.exec(said) ?? [];
  return { seconds, units: Number(units) };
}

/**
 * Builds all units again from their Containerfiles, each with a `docker buildx build` of its own, dependencies first.
 * docker has not seen these steps: what runs a unit is written otherwise in them. Writing them is not measured.
 */
async function buildEach(world: World, { engines, say }: ContainersOptions): Promise<number> {
  const { directory, env } = world;
  const { docker } = engines.engines;
  if (docker === undefined) throw new Error("docker does not run: hack/engine up");
  const listed = await run(["cargo", "green", "cache", "ls", "--sort", "created", "--json"], directory, env);
  const { units } = JSON.parse(listed.printed) as { readonly units: readonly { readonly key: string }[] };
  const contexts = units.toReversed().map(({ key }) => ({ key, context: join(directory, "contexts", key) }));
  say(`writing ${contexts.length} Containerfiles`);
  await atOnce(JOBS, contexts, async ({ key, context }) => {
    const show = ["cargo", "green", "cache", "show", key, "--containerfile", "--output", context];
    await run(show, directory, env);
  });
  const begun = performance.now();
  await atOnce(JOBS, contexts, async ({ key, context }) => {
    const output = `type=local,dest=${join(directory, "left", key)}`;
    await run([docker.program, "buildx", "build", "--output", output, context], directory, env);
  });
  return (performance.now() - begun) / 1000;
}

/** Runs a command that must succeed. */
async function run(
  [command = "", ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly seconds: number; readonly printed: string; readonly said: string }> {
  const begun = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const printed: Buffer[] = [];
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const [status] = await once(child, "close");
  const text = Buffer.concat(said).toString("utf8");
  if (status !== 0) throw new Error(`${[command, ...args].join(" ")}\n${text}`);
  return {
    seconds: (performance.now() - begun) / 1000,
    printed: Buffer.concat(printed).toString("utf8"),
    said: text,
  };
}
