// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BuilderEndpoint } from "./builder-endpoint.ts";
import { builderFailure } from "./builder-failure.ts";
import { type GatewayJob, openGatewayJob } from "./gateway-job.ts";
import { openGrpc } from "./grpc-connection.ts";
import { openSession } from "./session/open-session.ts";
import type { SessionService } from "./session/session-service.ts";
import { type StatusWatch, watchStatus } from "./status-watch.ts";

/** Everything that lives and dies with one connection: the session, a job and what is told of it. */
export interface BuilderLink {
  readonly job: GatewayJob;
  readonly status: StatusWatch;
  /** Fires when any part of it is gone, with why: then it is of no more use. */
  readonly gone: AbortSignal;
  close(): Promise<void>;
}

export interface LinkOptions {
  readonly endpoint: BuilderEndpoint;
  readonly sessionId: string;
  readonly services: readonly SessionService[];
}

/** Dials a builder and opens a job on it. Throws GreenError, or the signal's reason. */
export async function openLink(
  { endpoint, sessionId, services }: LinkOptions,
  signal: AbortSignal,
): Promise<BuilderLink> {
  const connection = await openGrpc(await endpoint.dial(signal)).catch((thrown: unknown) => {
    throw builderFailure(thrown, endpoint.name);
  });
  try {
    const session = await openSession(connection, { id: sessionId, services });
    const job = await openGatewayJob(connection, session.id, signal);
    const gone = AbortSignal.any([connection.gone, session.gone, job.gone]);
    return {
      job,
      status: watchStatus(connection, job.ref, gone),
      gone,
      async close() {
        job.close();
        await session.close();
        connection.close();
      },
    };
  } catch (thrown) {
    connection.close();
    signal.throwIfAborted();
    throw builderFailure(thrown, endpoint.name);
  }
}
