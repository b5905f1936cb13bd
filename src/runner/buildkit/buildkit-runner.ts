// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConnectError } from "@connectrpc/connect";
import type { ContainerUnit } from "../../containerfile/container-unit.ts";
import type { ExecVertex, LocalVertex } from "../../containerfile/llb.ts";
import { llbOfUnits } from "../../containerfile/llb-of-unit.ts";
import type { GreenError } from "../../error.ts";
import { createLimiter, type Limiter } from "../../limiter.ts";
import type { ContainerRun, ContainerRunner, ContainerRunOptions } from "../container/container-runner.ts";
import { baseRoots } from "./base-roots.ts";
import type { BuilderEvent } from "./builder-event.ts";
import { builderFailure, builderGone, programsDiskFull } from "./builder-failure.ts";
import type { BuilderLink } from "./builder-link.ts";
import type { BuilderLinks } from "./builder-links.ts";
import { localSourcesOf } from "./definition.ts";
import { createMarshaller } from "./marshal.ts";
import { NOT_OFFERED } from "./session/file-sync.ts";
import type { Offers } from "./session/offers.ts";
import { type SolvedUnit, solveUnit, type UnitRequest } from "./solve-unit.ts";

export interface BuildKitRunnerParts {
  /** The builder's name, for errors. */
  readonly side: string;
  readonly links: BuilderLinks;
  readonly offers: Offers;
  readonly observe: (event: BuilderEvent) => void;
  /** Of units. */
  readonly limit: Limiter;
  /** Ends everything that is under way. */
  readonly closing: AbortController;
}

/** So many calls read from a builder at once. */
const READS_AT_ONCE = 48;
/** How BuildKit 0.25 says that a session is not there, or another one under its name. */
const NO_SESSION = new RegExp(
  `${NOT_OFFERED}|no active session|could not access local files without session`,
);

/** Runs units on a BuildKit, in one job of one connection. */
export class BuildKitRunner implements ContainerRunner {
  readonly kind = "buildkit";
  readonly #parts: BuildKitRunnerParts;
  readonly #reads = createLimiter(READS_AT_ONCE);
  readonly #marshal = createMarshaller();
  readonly #vertexOf: (unit: ContainerUnit) => Promise<ExecVertex>;

  constructor(parts: BuildKitRunnerParts) {
    this.#parts = parts;
    const { links, offers, closing } = parts;
    this.#vertexOf = llbOfUnits({
      contentOf: (tree) => offers.contentOf(tree),
      root: baseRoots({
        marshal: this.#marshal,
        solveFrontend: async (request) => (await links.current()).job.solveFrontend(request, closing.signal),
      }),
    });
  }

  run(unit: ContainerUnit, { into, signal }: ContainerRunOptions): Promise<ContainerRun> {
    const both = AbortSignal.any([signal, this.#parts.closing.signal]);
    return this.#parts.limit(async () => {
      const solved = await this.#solve(unit, into, both).catch((thrown: unknown) => {
        both.throwIfAborted();
        throw builderFailure(thrown, this.#parts.side);
      });
      const { status, stdout, stderr, cached } = solved;
      return { status, stdout, stderr, cached };
    });
  }

  async close(): Promise<void> {
    const { closing, links, side } = this.#parts;
    closing.abort(builderGone("it was closed", side));
    await links.close();
  }

  async #solve(unit: ContainerUnit, into: string, signal: AbortSignal): Promise<SolvedUnit> {
    signal.throwIfAborted();
    const { offers, observe, side } = this.#parts;
    const vertex = this.#marshal(await this.#vertexOf(unit));
    const sources = localSourcesOf(vertex);
    offers.add(sources);
    const request = { vertex, into, again: false, signal };
    const first = await this.#attempt(request, sources);
    // A failure that the builder remembers may have been its own: a full disk, no memory.
    const solved =
      first.cached && first.status !== 0 ? await this.#attempt({ ...request, again: true }, sources) : first;
    const { status, cached, startedMs, completedMs, solveMs, readMs, fileBytes } = solved;
    observe({
      ...{ kind: "unit", name: unit.name, vertex: vertex.digest, cached, status, startedMs, completedMs },
      ...{ solveMs, readMs, fileBytes, printedBytes: solved.stdout.length + solved.stderr.length },
    });
    const full = status === 0 ? undefined : programsDiskFull(solved.stderr, side);
    if (full !== undefined) throw full;
    return solved;
  }

  /** Solves a unit on the link that there is; if the builder has lost the session, on another one. */
  async #attempt(
    request: UnitRequest,
    sources: readonly LocalVertex[],
    renamed = false,
  ): Promise<SolvedUnit> {
    const { links } = this.#parts;
    const link = await links.current();
    try {
      await emptyDirectory(request.into);
      return await solveUnit(link, this.#reads, request);
    } catch (thrown) {
      request.signal.throwIfAborted();
      if (renamed || !NO_SESSION.test(ConnectError.from(thrown).rawMessage)) {
        throw this.#failure(thrown, link, request, sources);
      }
    }
    links.rename(link);
    return this.#attempt(request, sources, true);
  }

  #failure(
    thrown: unknown,
    link: BuilderLink,
    { vertex }: UnitRequest,
    sources: readonly LocalVertex[],
  ): GreenError {
    const { offers, side } = this.#parts;
    const own = offers.failureOf(sources);
    if (own !== undefined) return own;
    if (link.gone.aborted) return builderGone(ConnectError.from(link.gone.reason).rawMessage, side);
    return builderFailure(thrown, side, link.status.of(vertex.digest)?.log);
  }
}

/** Of what an attempt before left in it. */
async function emptyDirectory(directory: string): Promise<void> {
  const names = await readdir(directory);
  await Promise.all(names.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}
