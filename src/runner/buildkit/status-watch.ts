// SPDX-License-Identifier: MIT OR Apache-2.0
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import type { CacheUnread } from "../container/builder-event.ts";
import type { GrpcConnection } from "./grpc-connection.ts";
import { Control, type StatusResponse, type Vertex } from "./proto/control_pb.ts";
import type { VertexState } from "./vertex-state.ts";

/** Follows what a builder says of the vertices of one job. */
export interface StatusWatch {
  of(digest: string): VertexState | undefined;
  /**
   * What is known of a vertex, by whichever of its names, once it has ended; that it has may be told a little later than
   * its result is.
   */
  ended(digests: readonly string[], withinMs: number): Promise<VertexState | undefined>;
  /** What is told of a vertex from now on is of another attempt. */
  forget(digest: string): void;
}

/** So much of a log is kept: 4 KiB. */
const LOG_BYTES = 4096;
const NOTHING: VertexState = {
  ...{ name: "", cached: false, startedMs: undefined, completedMs: undefined },
  ...{ error: "", logBytes: 0, log: "" },
};

/** What BuildKit calls the vertex that reads a cache: `solver/llbsolver/bridge.go` of BuildKit 0.34. */
const IMPORT = "importing cache manifest from ";

/** Follows until the signal fires, or the builder ends the job. Caches that the builder could not read are told. */
export function watchStatus(
  { transport }: GrpcConnection,
  ref: string,
  signal: AbortSignal,
  observe: (event: CacheUnread) => void,
): StatusWatch {
  const states = new Map<string, VertexState>();
  const waiting = new Map<string, Set<() => void>>();
  const take = ({ vertexes, logs }: StatusResponse) => {
    for (const vertex of vertexes) {
      const state = { ...(states.get(vertex.digest) ?? NOTHING), ...told(vertex) };
      states.set(vertex.digest, state);
      if (state.error !== "" && state.name.startsWith(IMPORT)) {
        observe({ kind: "unread", cache: state.name.slice(IMPORT.length), problem: state.error });
      }
      if (hasEnded(state)) for (const wake of waiting.get(vertex.digest) ?? []) wake();
    }
    for (const { vertex, msg } of logs) {
      const state = states.get(vertex) ?? NOTHING;
      const log = `${state.log}${Buffer.from(msg)}`.slice(-LOG_BYTES);
      states.set(vertex, { ...state, log, logBytes: state.logBytes + msg.length });
    }
  };
  const follow = async () => {
    for await (const response of createClient(Control, transport).status({ Ref: ref }, { signal }))
      take(response);
  };
  let over = false;
  const end = () => {
    over = true;
    for (const wakes of waiting.values()) for (const wake of wakes) wake();
  };
  follow().then(end, end); // The job tells that it ended, and why.
  return {
    of: (digest) => states.get(digest),
    async ended(digests, withinMs) {
      const found = () =>
        digests.map((digest) => states.get(digest)).find((state) => state && hasEnded(state));
      if (!over && found() === undefined) await waitFor(waiting, digests, withinMs);
      return found();
    },
    forget: (digest) => void states.delete(digest),
  };
}

async function waitFor(
  waiting: Map<string, Set<() => void>>,
  digests: readonly string[],
  withinMs: number,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const digest of digests) waiting.set(digest, (waiting.get(digest) ?? new Set()).add(resolve));
  const timer = setTimeout(resolve, withinMs);
  await promise;
  clearTimeout(timer);
  for (const digest of digests) {
    const wakes = waiting.get(digest);
    wakes?.delete(resolve);
    if (wakes?.size === 0) waiting.delete(digest);
  }
}

function told({ name, cached, started, completed, error }: Vertex): Partial<VertexState> {
  return {
    name,
    cached,
    startedMs: started && timestampMs(started),
    completedMs: completed && timestampMs(completed),
    error,
  };
}

function hasEnded({ completedMs }: VertexState): boolean {
  return completedMs !== undefined;
}
