// SPDX-License-Identifier: MIT OR Apache-2.0
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import type { BuilderEndpoint } from "./builder-endpoint.ts";
import { builderFailure } from "./builder-failure.ts";
import { openGrpc } from "./grpc-connection.ts";
import { Control, type UsageRecord } from "./proto/control_pb.ts";

/** Something that a builder keeps. */
export interface BuilderRecord {
  readonly id: string;
  /** What made it, in BuildKit's words; `described-record.ts` reads them. */
  readonly description: string;
  /** `regular`, `source.local`, `exec.cachemount`, `frontend`, `internal`, … */
  readonly type: string;
  /** Bytes on the builder's disk. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Undefined if it was never used again. */
  readonly used: number | undefined;
  readonly uses: number;
  /** Something that runs there needs it: it cannot be removed now. */
  readonly inUse: boolean;
  /** It is also an image's: it stays on the disk when it is removed here. */
  readonly shared: boolean;
}

/** What can be asked of a builder besides building. Throws GreenError as `ContainerRunner.run` does. */
export interface BuilderControl {
  /** The builder's name, as a user knows it. */
  readonly name: string;
  records(): Promise<readonly BuilderRecord[]>;
  /** Removes records, and returns those that were removed: what is in use stays. */
  remove(ids: readonly string[]): Promise<readonly BuilderRecord[]>;
  close(): Promise<void>;
}

/** What the names of records begin with: identity.NewID of BuildKit 0.25 writes them in base 36. */
const FIRST_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Connects to a builder. The control closes the endpoint. The signal ends everything. */
export async function openControl(endpoint: BuilderEndpoint, signal: AbortSignal): Promise<BuilderControl> {
  const { name } = endpoint;
  const failing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      signal.throwIfAborted();
      throw builderFailure(thrown, name);
    }
  };
  const connection = await failing(() => openGrpc(endpoint, signal)).catch(async (thrown: unknown) => {
    await endpoint.close();
    throw thrown;
  });
  const client = createClient(Control, connection.transport);
  const usage = async (filter: string[]) => (await client.diskUsage({ filter }, { signal })).record;
  return {
    name,
    records: () =>
      failing(async () => {
        const found = await usage([]).catch((thrown: unknown) => {
          if (ConnectError.from(thrown).code !== Code.ResourceExhausted) throw thrown;
          return undefined;
        });
        // One answer holds 16 MiB, some thousands of records.
        const all = found ?? (await inParts((letter) => usage([`id~=^${letter}`])));
        return all.map(recordOf);
      }),
    remove: (ids) =>
      failing(async () => {
        if (ids.length === 0) return []; // without a filter, all would go
        const removed: BuilderRecord[] = [];
        const request = { filter: ids.map((id) => `id==${id}`) };
        for await (const record of client.prune(request, { signal })) removed.push(recordOf(record));
        return removed;
      }),
    async close() {
      connection.close();
      await endpoint.close();
    },
  };
}

async function inParts<T>(part: (letter: string) => Promise<readonly T[]>): Promise<readonly T[]> {
  const parts: T[] = [];
  for (const letter of FIRST_LETTERS) parts.push(...(await part(letter)));
  return parts;
}

function recordOf(record: UsageRecord): BuilderRecord {
  const { ID: id, Description: description, RecordType: type, CreatedAt, LastUsedAt } = record;
  return {
    ...{ id, description, type, inUse: record.InUse, shared: record.Shared },
    size: Number(record.Size),
    uses: Number(record.UsageCount),
    created: CreatedAt === undefined ? 0 : timestampMs(CreatedAt),
    used: LastUsedAt === undefined ? undefined : timestampMs(LastUsedAt),
  };
}
