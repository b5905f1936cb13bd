// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ContainerUnit } from "../../containerfile/container-unit.ts";
import type { ExecVertex } from "../../containerfile/llb.ts";
import { llbOfUnits } from "../../containerfile/llb-of-unit.ts";
import { createLimiter, type Limiter } from "../../limiter.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { CacheExporter } from "../container/cache-exporter.ts";
import type { ContainerRun, ContainerRunner, ContainerRunOptions } from "../container/container-runner.ts";
import { baseRoots } from "./base-roots.ts";
import { createBufferPool } from "./buffer-pool.ts";
import { builderFailure, builderGone, programsDiskFull } from "./builder-failure.ts";
import type { SharedJob } from "./builder-links.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { localSourcesOf } from "./definition.ts";
import { exportCache } from "./export-cache.ts";
import type { GatewayJob } from "./gateway-job.ts";
import { inJob, type JobPlace } from "./in-job.ts";
import { createMarshaller } from "./marshal.ts";
import { type SolvedUnit, type SolvingMeans, solveUnit, type UnitRequest } from "./solve-unit.ts";

export interface BuildKitRunnerParts extends JobPlace {
  /** Of units. */
  readonly limit: Limiter;
  /** Of those that may run. */
  readonly solves: Limiter;
  /** Ends everything that is under way. */
  readonly closing: AbortController;
}

/** So many calls read from a builder at once. */
const READS_AT_ONCE = 48;

/** Runs units on a BuildKit, in one job of one connection. */
export class BuildKitRunner implements ContainerRunner, CacheExporter {
  readonly kind = "buildkit";
  readonly #parts: BuildKitRunnerParts;
  readonly #means: SolvingMeans;
  readonly #marshal = createMarshaller();
  readonly #vertexOf: (unit: ContainerUnit) => Promise<ExecVertex>;

  constructor(parts: BuildKitRunnerParts) {
    this.#parts = parts;
    const { solves } = parts;
    this.#means = { solves, reads: createLimiter(READS_AT_ONCE), buffers: createBufferPool() };
    this.#vertexOf = llbOfUnits({
      contentOf: (tree) => parts.offers.contentOf(tree),
      root: baseRoots({
        marshal: this.#marshal,
        solveFrontend: (request) => this.#inJob((job, signal) => job.solveFrontend(request, signal)),
      }),
    });
  }

  /** Sees whether the builder is there. Throws GreenError if it is not. */
  async connect(): Promise<void> {
    await this.#inJob(async () => {});
  }

  async run(unit: ContainerUnit, options: ContainerRunOptions): Promise<ContainerRun> {
    const signal = AbortSignal.any([options.signal, this.#parts.closing.signal]);
    const solve = () => this.#solve(unit, { ...options, signal });
    const { status, stdout, stderr, cached, contents } = await this.#parts.limit(solve);
    return { status, stdout, stderr, cached, contents };
  }

  async exportCache(
    units: readonly ContainerUnit[],
    entry: CacheEntry,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { links, offers, closing, side } = this.#parts;
    const both = AbortSignal.any([signal, closing.signal]);
    try {
      const vertices = await Promise.all(units.map((unit) => this.#vertexOf(unit)));
      const marshalled = vertices.map(this.#marshal);
      offers.add(marshalled.flatMap(localSourcesOf));
      return await exportCache(links, marshalled, entry, both);
    } catch (thrown) {
      both.throwIfAborted();
      throw builderFailure(thrown, side);
    }
  }

  async close(): Promise<void> {
    const { closing, links, side } = this.#parts;
    closing.abort(builderGone("it was closed", side));
    await links.close();
  }

  /** What all units share, and none of them ends. */
  #inJob<T>(work: (job: GatewayJob, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#parts.closing;
    return inJob(this.#parts, {
      ...{ sources: [], signal },
      work: ({ job, gone }) => work(job, AbortSignal.any([signal, gone])),
    });
  }

  async #solve(unit: ContainerUnit, options: ContainerRunOptions): Promise<SolvedUnit> {
    const { into, signal, contents, arrived, observe = () => {} } = options;
    signal.throwIfAborted();
    const { side } = this.#parts;
    const vertex = this.#marshal(await untilAborted(this.#vertexOf(unit), signal));
    const request: UnitRequest = { vertex, destination: { into, arrived }, again: false, signal };
    const sources = localSourcesOf(vertex);
    const work = (job: SharedJob) => this.#attempts(job, request, contents);
    const solved = await inJob(this.#parts, { sources, signal, unit: vertex.digest, work });
    const { status, cached, startedMs, completedMs, solveMs, readMs, fileBytes } = solved;
    observe({
      ...{ kind: "unit", name: unit.name, vertex: vertex.digest, cached, status, startedMs, completedMs },
      ...{ solveMs, readMs, fileBytes, printedBytes: solved.stdout.length + solved.stderr.length },
    });
    const full = status === 0 ? undefined : programsDiskFull(solved.stderr, side);
    if (full !== undefined) throw full;
    return solved;
  }

  async #attempts(job: SharedJob, request: UnitRequest, contents: string | undefined): Promise<SolvedUnit> {
    emptyDirectory(request.destination.into);
    const first = await solveUnit(job, this.#means, request);
    // A builder goes by what a base is made of: it may have made that anew since, of other packages.
    const isOfBase = contents === undefined || first.contents === contents;
    if (first.status === 0 && (isOfBase || !first.cached)) return first;
    if (first.status !== 0) job.spend();
    if (!first.cached) return first;
    // A failure that the builder remembers may have been its own: a full disk, no memory.
    emptyDirectory(request.destination.into);
    return solveUnit(job, this.#means, { ...request, again: true });
  }
}

/** Of what an attempt before left in it. */
function emptyDirectory(directory: string): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true, force: true });
}
