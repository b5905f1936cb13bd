// SPDX-License-Identifier: MIT OR Apache-2.0
import { outputIn } from "../../containerfile/container-unit.ts";
import { UNIT_OUTPUT } from "../../containerfile/llb-of-unit.ts";
import { readResult, type UnitResult } from "../../containerfile/unit-command.ts";
import { GreenError } from "../../error.ts";
import type { Limiter } from "../../limiter.ts";
import type { ContainerRun } from "../container/container-runner.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { WatchedJob } from "./builder-link.ts";
import { collectDirectory, type Destination, type OutputReader, readWhole } from "./collect-outputs.ts";
import { definitionOf } from "./definition.ts";
import type { SolvedRef } from "./gateway-job.ts";
import { type MarshalledVertex, uncachedDigest } from "./marshal.ts";

export interface UnitRequest {
  readonly vertex: MarshalledVertex;
  /** For the unit's files. */
  readonly destination: Destination;
  /** Run it even if the builder has its result. */
  readonly again: boolean;
  readonly signal: AbortSignal;
}

/** What all units of a builder share. */
export interface SolvingMeans {
  readonly solves: Limiter;
  readonly reads: Limiter;
  readonly buffers: BufferPool;
}

/** How a unit's program ended, and what that took. */
export interface SolvedUnit extends ContainerRun {
  /** When it ran, by the builder's clock: milliseconds since 1970; undefined if that was not told. */
  readonly startedMs: number | undefined;
  readonly completedMs: number | undefined;
  /** Milliseconds until the builder had the result, and from then on until it was here. */
  readonly solveMs: number;
  readonly readMs: number;
  readonly fileBytes: number;
}

/** That a vertex ended is told a few milliseconds after its result: 1 s. */
const STATUS_MS = 1000;
/** So much of what is no result is shown. */
const SHOWN_BYTES = 80;
/** A builder ends processes within milliseconds of being told to: 3 s. */
const CANCEL_MS = 3000;

/**
 * Has a builder solve a unit and brings home what it left. If the signal fires, nothing of it runs any more when this
 * throws. Throws what the job's calls do.
 */
export async function solveUnit(
  job: WatchedJob,
  { solves, ...reading }: SolvingMeans,
  request: UnitRequest,
): Promise<SolvedUnit> {
  const { vertex, again } = request;
  const signal = AbortSignal.any([request.signal, job.gone]);
  const before = job.status.of(vertex.digest);
  // What was solved in this job stays solved, and is not told of again.
  const had = !again && before?.completedMs !== undefined && before.error === "";
  // Either, as another process may have had to solve it again just now.
  const names = again ? [uncachedDigest(vertex.digest)] : [vertex.digest, uncachedDigest(vertex.digest)];
  if (!had) for (const name of names) job.status.forget(name);
  let begin = performance.now();
  const ref = await solves(async () => {
    begin = performance.now();
    const definition = definitionOf(vertex, { output: UNIT_OUTPUT, again });
    return job.job.solve(definition, signal).catch(async (thrown: unknown) => {
      await ended(job, names);
      throw thrown;
    });
  });
  const solved = performance.now();
  const [outputs, state] = await Promise.all([
    readOutputs(job, reading, ref, request.destination, signal),
    job.status.ended(names, STATUS_MS),
  ]);
  return {
    ...outputs,
    // Who does not say is not trusted with a failure.
    cached: had || (state?.cached ?? outputs.status !== 0),
    startedMs: state?.startedMs,
    completedMs: state?.completedMs,
    solveMs: solved - begin,
    readMs: performance.now() - solved,
  };
}

/** Waits until a vertex that began does not run any more. */
async function ended({ status, gone }: WatchedJob, names: readonly string[]): Promise<void> {
  const began = names.some((name) => status.of(name)?.startedMs !== undefined);
  if (began && !gone.aborted) await status.ended(names, CANCEL_MS);
}

async function readOutputs(
  { job }: WatchedJob,
  { reads, buffers }: Omit<SolvingMeans, "solves">,
  ref: SolvedRef,
  destination: Destination,
  signal: AbortSignal,
) {
  const reader: OutputReader = {
    directory: (path) => job.readDirectory(ref, path, signal),
    piece: (path, offset, length) => job.readFile(ref, path, { offset, length }, signal),
    fill: (path, offset, into) => job.fillFrom(ref, path, { offset, into }, signal),
    ...{ limit: reads, buffers },
  };
  // What is mounted at the output's directory is the root of what is read.
  const output = outputIn("");
  const [fileBytes, result] = await Promise.all([
    collectDirectory(reader, output.files, destination),
    readWhole(reader, output.result),
  ]);
  return { fileBytes, ...resultOf(result) };
}

function resultOf(bytes: Buffer): UnitResult {
  const result = readResult(bytes);
  if (result !== undefined) return result;
  const beginning = bytes.toString("latin1", 0, SHOWN_BYTES);
  throw new GreenError("protocol", `The builder has no result of the unit but ${JSON.stringify(beginning)}`);
}
