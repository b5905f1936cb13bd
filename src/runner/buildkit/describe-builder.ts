// SPDX-License-Identifier: MIT OR Apache-2.0
import { createClient } from "@connectrpc/connect";
import type { BuilderEndpoint } from "./builder-endpoint.ts";
import { builderFailure } from "./builder-failure.ts";
import { openGrpc } from "./grpc-connection.ts";
import { Control, type UsageRecord } from "./proto/control_pb.ts";
import type { Platform } from "./proto/ops_pb.ts";

/** What a builder says of itself. */
export interface BuilderReport {
  /** Of BuildKit: `v0.25.0`; undefined if it was built without saying. */
  readonly version: string | undefined;
  readonly workers: readonly BuilderWorker[];
  readonly disk: BuilderDisk;
}

/** What executes in a builder. */
export interface BuilderWorker {
  readonly id: string;
  /** `linux/amd64`, `linux/arm/v7`; the first is its own. */
  readonly platforms: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** What a builder's cache takes. */
export interface BuilderDisk {
  readonly records: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes of what nobody uses now, so that pruning could free it. */
  readonly reclaimable: number;
}

/**
 * Asks a builder what it is.
 * @throws GreenError as `BuilderEndpoint.dial` does, and for what the builder will not say; or the signal's reason
 */
export async function describeBuilder(
  endpoint: BuilderEndpoint,
  signal: AbortSignal,
): Promise<BuilderReport> {
  const connection = await openGrpc(endpoint, signal);
  try {
    const control = createClient(Control, connection.transport);
    const [workers, usage] = await Promise.all([
      control.listWorkers({}, { signal }),
      control.diskUsage({}, { signal }),
    ]);
    return {
      version: knownVersion(workers.record[0]?.BuildkitVersion?.version),
      workers: workers.record.map(({ ID: id, Labels: labels, platforms }) => ({
        ...{ id, labels },
        platforms: platforms.map(platformText),
      })),
      disk: diskOf(usage.record),
    };
  } catch (thrown) {
    signal.throwIfAborted();
    throw builderFailure(thrown, endpoint.name);
  } finally {
    connection.close();
  }
}

/** Distributions' builds of dockerd say this. */
function knownVersion(version: string | undefined): string | undefined {
  return version === undefined || version === "" || version === "v0.0.0+unknown" ? undefined : version;
}

function platformText({ OS, Architecture, Variant }: Platform): string {
  return [OS, Architecture, ...(Variant === "" ? [] : [Variant])].join("/");
}

function diskOf(records: readonly UsageRecord[]): BuilderDisk {
  const sum = (some: readonly UsageRecord[]) => some.reduce((total, { Size }) => total + Number(Size), 0);
  return {
    records: records.length,
    size: sum(records),
    reclaimable: sum(records.filter(({ InUse }) => !InUse)),
  };
}
