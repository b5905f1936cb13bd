// SPDX-License-Identifier: MIT OR Apache-2.0
import { create } from "@bufbuild/protobuf";
import { GreenError } from "../../../error.ts";
import { type Packet, PacketSchema } from "../proto/fsutil_pb.ts";
import { readSentFile } from "./read-sent-file.ts";
import type { SentEntry } from "./sent-entry.ts";
import { statOf } from "./sent-stat.ts";

/** `Packet.PacketType` of github.com/tonistiigi/fsutil, types/wire.proto. */
const TYPE = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const;

/** How many entries the receiver was told of, how many files of them it wanted, and how much is in these. */
export interface SentCount {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
}

/**
 * The sending side of fsutil's protocol: tells of all entries and an empty one, then sends the files that are requested
 * by their number, each ended by an empty piece, until the receiver has enough.
 */
export async function* sendEntries(
  entries: readonly SentEntry[],
  received: AsyncIterable<Packet>,
): AsyncGenerator<Packet, SentCount, undefined> {
  let files = 0;
  let bytes = 0;
  for (const entry of entries) yield create(PacketSchema, { type: TYPE.stat, stat: statOf(entry) });
  yield create(PacketSchema, { type: TYPE.stat });
  for await (const { type, ID, data } of received) {
    if (type === TYPE.end) break;
    if (type === TYPE.error) throw new GreenError("protocol", `the builder gave up: ${Buffer.from(data)}`);
    if (type !== TYPE.request) continue;
    const entry = entries[ID];
    if (entry?.kind !== "file")
      throw new GreenError("protocol", `the builder wants entry ${ID}, which is no file`);
    for await (const piece of readSentFile(entry))
      yield create(PacketSchema, { type: TYPE.data, ID, data: piece });
    yield create(PacketSchema, { type: TYPE.data, ID });
    files += 1;
    bytes += entry.size;
  }
  yield create(PacketSchema, { type: TYPE.end });
  return { entries: entries.length, files, bytes };
}
