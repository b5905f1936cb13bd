// SPDX-License-Identifier: MIT OR Apache-2.0
import type { LocalVertex } from "../../containerfile/llb.ts";
import { GreenError } from "../../error.ts";
import { builderFailure, builderGone, failedVertex, wordsOf } from "./builder-failure.ts";
import type { BuilderLinks, SharedJob } from "./builder-links.ts";
import { NOT_OFFERED } from "./session/file-sync.ts";
import type { Offers } from "./session/offers.ts";

export interface JobPlace {
  /** The builder's name, for errors. */
  readonly side: string;
  readonly links: BuilderLinks;
  readonly offers: Offers;
}

export interface JobTask<T> {
  /** What the builder may ask for meanwhile. */
  readonly sources: readonly LocalVertex[];
  readonly signal: AbortSignal;
  /** Digest of a vertex that succeeds whatever its program does, unless it cannot write. */
  readonly unit?: string;
  work(job: SharedJob): Promise<T>;
}

/** What a vertex printed is told a few milliseconds after that it failed: 1 s. */
const STATUS_MS = 1000;
/** How BuildKit 0.25 says that a session is not there, or another one under its name. */
const NO_SESSION = new RegExp(
  `${NOT_OFFERED}|no active session|could not access local files without session`,
);

/**
 * Works in the job that there is; if the builder has lost the session, or takes another process's for it, once more in
 * one whose session has a new name. Throws the signal's reason, or a GreenError that says what failed.
 */
export async function inJob<T>(place: JobPlace, task: JobTask<T>): Promise<T> {
  const { links, offers, side } = place;
  const { sources, signal, work } = task;
  signal.throwIfAborted();
  offers.add(sources);
  const attempt = (): Promise<{ readonly done: T } | undefined> =>
    links.use(signal, async (job) => {
      try {
        return { done: await work(job) };
      } catch (thrown) {
        signal.throwIfAborted();
        job.spend();
        if (!NO_SESSION.test(wordsOf(thrown))) throw await failure(thrown, job, place, task);
        job.renameSession();
        return undefined;
      }
    });
  try {
    const outcome = (await attempt()) ?? (await attempt());
    if (outcome === undefined) throw builderGone("it does not know what this process calls itself", side);
    return outcome.done;
  } catch (thrown) {
    signal.throwIfAborted(); // Or there was no job to be had.
    throw builderFailure(thrown, side);
  }
}

async function failure(
  thrown: unknown,
  { gone, status }: SharedJob,
  { offers, side }: JobPlace,
  { sources, unit }: JobTask<unknown>,
): Promise<GreenError> {
  if (thrown instanceof GreenError) return thrown;
  const own = offers.failureOf(sources);
  if (own !== undefined) return own;
  if (gone.aborted) return builderGone(wordsOf(gone.reason), side);
  const vertex = failedVertex(thrown);
  const state = vertex === undefined ? undefined : await status.ended([vertex], STATUS_MS);
  return builderFailure(thrown, side, state, unit !== undefined && vertex === unit);
}
