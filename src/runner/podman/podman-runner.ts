// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { baseStage } from "../../containerfile/base-stage.ts";
import { contextOf } from "../../containerfile/build-context.ts";
import type { ContainerBase, ContainerInput, ContainerUnit } from "../../containerfile/container-unit.ts";
import { layContext } from "../../containerfile/lay-context.ts";
import { unitIdentities } from "../../containerfile/unit-identity.ts";
import { outputStage, unitStage } from "../../containerfile/unit-stage.ts";
import { GreenError } from "../../error.ts";
import type { ContainerRun, ContainerRunner, ContainerRunOptions } from "../container/container-runner.ts";
import { type Lent, NOTHING_LENT } from "../container/lent.ts";
import { type BuiltUnit, localInput, readBuiltUnit } from "./built-unit.ts";
import { isFromCache, type PodmanBuild, podmanBuild } from "./podman-build.ts";
import { podmanFailure } from "./podman-failure.ts";
import type { PodmanEnd, PodmanProgram } from "./run-podman.ts";

const STAGE = "unit";
const LEFT = "left";

/**
 * Builds each unit by a `podman build` of its own, whose Containerfile has that one step. It starts from a base that
 * was prepared once, and finds everything else, results of other units too, in a build context that all units share:
 * podman would look up each stage that it has built before, in all images that it knows.
 */
export class PodmanRunner implements ContainerRunner {
  readonly kind = "podman";
  readonly #podman: PodmanProgram;
  readonly #directory: string;
  readonly #context: string;
  readonly #lending: readonly string[];
  readonly #identityOf = unitIdentities();
  readonly #closed = new AbortController();
  /** Images that units start from, by what they are. */
  readonly #bases = new Map<string, Promise<string>>();
  /** Units that succeeded, or are being built, by their identity. */
  readonly #built = new Map<string, Promise<BuiltUnit>>();

  /** @param directory is the runner's alone, and gone when it is closed */
  constructor(podman: PodmanProgram, directory: string, lent: Lent = NOTHING_LENT) {
    this.#podman = podman;
    this.#lending = lendingOptions(lent);
    this.#directory = directory;
    this.#context = join(directory, "context");
  }

  async run(unit: ContainerUnit, { into, signal }: ContainerRunOptions): Promise<ContainerRun> {
    const known = this.#built.has(this.#identityOf(unit));
    const { run, files } = await this.#buildOnce(unit, AbortSignal.any([signal, this.#closed.signal]));
    await copyFiles(files, into);
    return known ? { ...run, cached: true } : run;
  }

  async close(): Promise<void> {
    this.#closed.abort(new GreenError("unreachable", "The runner was closed", { side: this.kind }));
    await Promise.allSettled([...this.#bases.values(), ...this.#built.values()]);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #buildOnce(unit: ContainerUnit, signal: AbortSignal): Promise<BuiltUnit> {
    const identity = this.#identityOf(unit);
    const built = await once(this.#built, identity, () => this.#build(unit, signal));
    // Whoever asks again wants it to be tried again.
    if (built.run.status !== 0) this.#built.delete(identity);
    return built;
  }

  async #build(unit: ContainerUnit, signal: AbortSignal): Promise<BuiltUnit> {
    const [from, inputs] = await Promise.all([
      once(this.#bases, JSON.stringify(unit.base), () => this.#prepare(unit.base, signal)),
      Promise.all(unit.inputs.map((input) => this.#local(unit, input, signal))),
    ]);
    const local = { ...unit, inputs };
    await mkdir(this.#context, { recursive: true });
    await layContext(this.#context, contextOf(local));
    const style = {
      from,
      name: STAGE,
      stageOf: () => STAGE,
      continuation: "\\",
      dialect: "buildah",
    } as const;
    const containerfile = `${unitStage(local, style)}\n${outputStage(local, STAGE)}`;
    const network = unit.network ? [] : ["--network=none"];
    const attempt = async (...more: readonly string[]): Promise<BuiltUnit> => {
      const options = [...network, ...more, `--output=type=local,dest=${LEFT}`];
      const build = { containerfile, options, context: this.#context, place: this.#newPlace() };
      const end = await this.#podmanBuild(build, unit.name, signal);
      return readBuiltUnit(join(build.place, LEFT), isFromCache(end));
    };
    const built = await attempt();
    // A failure is no result to keep: what lacked then may be there now.
    return built.run.status !== 0 && built.run.cached ? attempt("--no-cache") : built;
  }

  /** Builds the base, and says what its image is called. */
  async #prepare(base: ContainerBase, signal: AbortSignal): Promise<string> {
    const { directives, text } = await baseStage(base, "green-base");
    const containerfile = [...directives, text].join("\n");
    const place = this.#newPlace();
    // What makes the base of a Containerfile may need the network; an image is only taken.
    const options = [
      base.kind === "image" ? "--network=none" : `--platform=${base.platform}`,
      "--iidfile=id",
      ...(base.kind === "image" ? [] : this.#lending),
    ];
    await this.#podmanBuild({ containerfile, options, context: place, place }, "the base image", signal);
    return readFile(join(place, "id"), "utf8");
  }

  /** Of what a unit sees of another one, podman is given what that left here. */
  async #local(unit: ContainerUnit, input: ContainerInput, signal: AbortSignal): Promise<ContainerInput> {
    if (input.kind !== "output") return input;
    const built = await this.#buildOnce(input.unit, signal);
    if (built.run.status === 0) return localInput(built, input.path, input.target);
    throw new GreenError("refused", `${unit.name} needs ${input.unit.name}, which fails`, {
      ...{ side: this.kind, hint: "build again, to see why it does" },
    });
  }

  async #podmanBuild(build: PodmanBuild, what: string, signal: AbortSignal): Promise<PodmanEnd> {
    const end = await podmanBuild(this.#podman, build, signal);
    if (end.status !== 0) throw podmanFailure(what, end.status, end.stderr);
    return end;
  }

  #newPlace(): string {
    return join(this.#directory, "builds", randomUUID());
  }
}

/** Names and places alone: what secrets say podman reads by itself. */
function lendingOptions({ secrets, agents }: Lent): readonly string[] {
  return [
    ...secrets.map(({ id, source }) =>
      source.kind === "file"
        ? `--secret=id=${id},src=${source.path}`
        : `--secret=id=${id},type=env,env=${source.name}`,
    ),
    ...agents.map(({ id, socket }) => `--ssh=${id}=${socket}`),
  ];
}

/** What a name stands for, made once; what failed is made again. */
async function once<T>(made: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  const before = made.get(name);
  if (before !== undefined) return before;
  const now = make();
  made.set(name, now);
  try {
    return await now;
  } catch (thrown) {
    made.delete(name);
    throw thrown;
  }
}

/** Copies, as who gets them may change them, and others are made of what is kept. */
async function copyFiles(from: string, into: string): Promise<void> {
  const mode = constants.COPYFILE_FICLONE;
  await cp(from, into, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, mode });
}
