// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { untilAborted } from "../../until-aborted.ts";
import type { CacheUnread } from "../container/builder-event.ts";
import type { BuilderEndpoint } from "./builder-endpoint.ts";
import { type BuilderLink, openLink, type WatchedJob } from "./builder-link.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { kept } from "./kept.ts";
import type { SessionService } from "./session/session-service.ts";
import { claimSessionId } from "./session-id.ts";

/** The way to a builder, which is opened anew when it broke. */
export interface BuilderLinks {
  /**
   * Does some work with the job that there is, or with a new one. Throws as the work does, or `openLink`; or the signal's
   * reason while there is no job yet.
   */
  use<T>(signal: AbortSignal, work: (job: SharedJob) => Promise<T>): Promise<T>;
  /**
   * Does some work with a job of its own that writes caches when it finishes, and reads none. Its session has a new name:
   * what a builder finds by what it was sent in the same session before has no key that others could find it by. The job
   * that there was ends before, if nobody works with it: what two jobs have at the same time is one. Throws as the work
   * does, or `openLink`.
   */
  exporting<T>(exports: readonly CacheEntry[], work: (job: WatchedJob) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A job that others work with at the same time. */
export interface SharedJob extends WatchedJob {
  /**
   * Something failed in it: a job remembers that, and says so to everybody who asks for the same again. It ends with the
   * last one who works with it, and the next ones get another job.
   */
  spend(): void;
  /** Its builder knows nothing of our session: the next one has a name that nobody else has. */
  renameSession(): void;
}

export interface BuilderLinksOptions {
  readonly endpoint: BuilderEndpoint;
  readonly sender: string;
  readonly services: readonly SessionService[];
  /** Caches that all jobs read. */
  readonly imports: readonly CacheEntry[];
  readonly observe: (event: CacheUnread) => void;
  /** Ends an attempt to open something. */
  readonly signal: AbortSignal;
}

interface CountedJob {
  readonly shared: SharedJob;
  users: number;
  spent: boolean;
}

/** Opens nothing yet. */
export async function builderLinks(options: BuilderLinksOptions): Promise<BuilderLinks> {
  const { endpoint, services, imports, observe, signal } = options;
  const claimed = await claimSessionId(endpoint.name, options.sender);
  let sessionId = claimed.id;
  const links = new Set<BuilderLink>();
  const isUsable = (it: BuilderLink | WatchedJob) => !it.gone.aborted && it.sessionId === sessionId;
  const linkNow = kept(async () => {
    const link = await openLink({ endpoint, sessionId, services, observe }, signal);
    links.add(link);
    if (signal.aborted) {
      await link.close();
      throw signal.reason;
    }
    link.gone.addEventListener("abort", () => {
      links.delete(link);
      void link.close();
    });
    return link;
  }, isUsable);
  let ending = Promise.resolve();
  let last: CountedJob | undefined;
  const jobNow = kept(
    async () => {
      await ending; // What two jobs have at the same time is one, with what went wrong in it.
      const job = await (await linkNow()).openJob({ imports }, signal);
      last = counted(job, () => {
        if (job.sessionId === sessionId) sessionId = randomUUID();
      });
      return last;
    },
    ({ shared, spent }) => !spent && isUsable(shared),
  );
  const endUnused = () => {
    if (last?.users === 0 && !last.spent && !last.shared.gone.aborted) {
      last.spent = true;
      ending = last.shared.job.end();
    }
    return ending;
  };
  return {
    async use(by, work) {
      const job = await untilAborted(jobNow(), by);
      job.users += 1;
      try {
        return await work(job.shared);
      } finally {
        job.users -= 1;
        if (job.spent && job.users === 0) ending = job.shared.job.end();
        if (job.spent) await ending; // So that whoever asks next, in whatever process, gets a new attempt.
      }
    },
    async exporting(exports, work) {
      await endUnused();
      const link = await openLink({ endpoint, sessionId: randomUUID(), services, observe }, signal);
      try {
        return await work(await link.openJob({ exports }, signal));
      } finally {
        await link.close();
      }
    },
    async close() {
      await endUnused();
      await Promise.all([...links].map((link) => link.close()));
      claimed.release();
      await endpoint.close();
    },
  };
}

function counted(job: WatchedJob, renameSession: () => void): CountedJob {
  const spend = () => {
    made.spent = true;
  };
  const made: CountedJob = { shared: { ...job, renameSession, spend }, users: 0, spent: false };
  return made;
}
