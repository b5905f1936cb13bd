// SPDX-License-Identifier: MIT OR Apache-2.0
import { createClient } from "@connectrpc/connect";
import type { BuilderEndpoint } from "./builder-endpoint.ts";
import { builderFailure } from "./builder-failure.ts";
import { openGrpc } from "./grpc-connection.ts";
import { Control, type UsageRecord } from "./proto/control_pb.ts";
import type { WorkerRecord } from "./proto/worker_pb.ts";
import { timestampMs } from "./timestamp-ms.ts";

/** What can be asked of a builder about itself. Throws GreenError, or the signal's reason. */
export interface BuilderControl {
  /** What the builder keeps, as far as one of the filters lets it through; all of it without any. */
  records(filters: readonly string[], signal?: AbortSignal): Promise<readonly BuilderRecord[]>;
  /** Removes what a builder keeps and nobody uses, and tells of each. */
  prune(options: PruneOptions, signal?: AbortSignal): AsyncIterable<BuilderRecord>;
  workers(signal?: AbortSignal): Promise<readonly BuilderWorker[]>;
  close(): void;
}

/** Something that a builder keeps. */
export interface BuilderRecord {
  readonly id: string;
  /** `regular`, `source.local`, `exec.cachemount`, … */
  readonly type: string;
  /** For what an exec left: `mount /out from exec ` and its arguments. */
  readonly description: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970, by the builder's clock. */
  readonly createdMs: number | undefined;
  readonly lastUsedMs: number | undefined;
  readonly usageCount: number;
  readonly inUse: boolean;
  readonly shared: boolean;
  /** Ids of those that it stands on. */
  readonly parents: readonly string[];
}

export interface PruneOptions {
  /**
   * containerd's filters: `id==…`, `type==…`, `description~=…`; those within one, between commas, must all be true,
   * and one of several must be.
   */
  readonly filters: readonly string[];
  /** What has been used within so many milliseconds stays. */
  readonly keepMs?: number | undefined;
  /** So many bytes may stay. */
  readonly keepBytes?: number | undefined;
}

export interface BuilderWorker {
  readonly id: string;
  /** `linux/amd64`, and others that it can run. */
  readonly platforms: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** BuildKit's; undefined if it does not say, as dockerd does not. */
  readonly version: string | undefined;
}

const NS_PER_MS = 1_000_000;

/** Connects to a builder. The endpoint stays the caller's. */
export async function openBuilderControl(
  endpoint: BuilderEndpoint,
  signal: AbortSignal,
): Promise<BuilderControl> {
  const connection = await openGrpc(endpoint, signal);
  const control = createClient(Control, connection.transport);
  const failed = (thrown: unknown, by: AbortSignal | undefined) => {
    by?.throwIfAborted();
    return builderFailure(thrown, endpoint.name);
  };
  const ask = async <T>(by: AbortSignal | undefined, answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (thrown) {
      throw failed(thrown, by);
    }
  };
  return {
    async records(filters, by) {
      const { record } = await ask(by, control.diskUsage({ filter: [...filters] }, options(by)));
      return record.map(recordOf);
    },
    async *prune({ filters, keepMs = 0, keepBytes = 0 }, by) {
      const request = {
        ...{ filter: [...filters], keepDuration: BigInt(Math.round(keepMs * NS_PER_MS)) },
        ...{ all: true, reservedSpace: BigInt(keepBytes) },
      };
      try {
        for await (const record of control.prune(request, options(by))) yield recordOf(record);
      } catch (thrown) {
        throw failed(thrown, by);
      }
    },
    async workers(by) {
      return (await ask(by, control.listWorkers({}, options(by)))).record.map(workerOf);
    },
    close: () => connection.close(),
  };
}

function options(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function recordOf(record: UsageRecord): BuilderRecord {
  return {
    id: record.ID,
    type: record.RecordType,
    description: record.Description,
    size: Number(record.Size),
    createdMs: timestampMs(record.CreatedAt),
    lastUsedMs: timestampMs(record.LastUsedAt),
    usageCount: Number(record.UsageCount),
    inUse: record.InUse,
    shared: record.Shared,
    parents: record.Parents,
  };
}

function workerOf({ ID, Labels, platforms, BuildkitVersion }: WorkerRecord): BuilderWorker {
  return {
    id: ID,
    labels: Labels,
    platforms: platforms.map(({ OS, Architecture, Variant }) =>
      [OS, Architecture, Variant].filter(Boolean).join("/"),
    ),
    version: BuildkitVersion?.version || undefined,
  };
}
