// SPDX-License-Identifier: MIT OR Apache-2.0

import type { CacheUnread } from "../container/builder-event.ts";
import type { BuilderEndpoint } from "./builder-endpoint.ts";
import { type GatewayJob, type JobCaches, openGatewayJob } from "./gateway-job.ts";
import { openGrpc } from "./grpc-connection.ts";
import { openSession } from "./session/open-session.ts";
import type { SessionService } from "./session/session-service.ts";
import { type StatusWatch, watchStatus } from "./status-watch.ts";

/** A connection with the session that lives and dies with it. */
export interface BuilderLink {
  readonly sessionId: string;
  /** Fires when the builder is not there any more, or cannot call us, with why. */
  readonly gone: AbortSignal;
  openJob(caches: JobCaches, signal: AbortSignal): Promise<WatchedJob>;
  /** Ends it, and all jobs. */
  close(): Promise<void>;
}

/** A job, and what is told of it. */
export interface WatchedJob {
  readonly sessionId: string;
  readonly job: GatewayJob;
  readonly status: StatusWatch;
  /** Fires when the job or the link is gone, with why. */
  readonly gone: AbortSignal;
}

export interface LinkOptions {
  readonly endpoint: BuilderEndpoint;
  readonly sessionId: string;
  readonly services: readonly SessionService[];
  readonly observe: (event: CacheUnread) => void;
}

/** Dials a builder and opens a session. Throws what the endpoint and connections do, or the signal's reason. */
export async function openLink(
  { endpoint, sessionId, services, observe }: LinkOptions,
  signal: AbortSignal,
): Promise<BuilderLink> {
  const connection = await openGrpc(endpoint, signal);
  const session = await openSession(connection, { id: sessionId, services });
  const gone = AbortSignal.any([connection.gone, session.gone]);
  const jobs = new Set<GatewayJob>();
  return {
    sessionId,
    gone,
    async openJob(caches, by) {
      const job = await openGatewayJob(connection, sessionId, caches, AbortSignal.any([by, gone]));
      jobs.add(job);
      job.gone.addEventListener("abort", () => jobs.delete(job));
      const jobGone = AbortSignal.any([gone, job.gone]);
      return { sessionId, job, status: watchStatus(connection, job.ref, jobGone, observe), gone: jobGone };
    },
    async close() {
      for (const job of jobs) job.close();
      await session.close();
      connection.close();
    },
  };
}
