// SPDX-License-Identifier: MIT OR Apache-2.0
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { InstanceId, PlanKey } from "../unit/digest.ts";
import { toBlob, toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { PlannedReplay, StoredReplay, UnitStore } from "./store.ts";
import type { WriteBatch } from "./write-batch.ts";

/** Results that are kept for one plan key: a workspace's own packages have one for each state of their sources. */
const MAX_REPLAYS = 16;
/** An entry is a few kilobytes, more with very many diagnostics. */
const MAX_ENTRY_BYTES = 64 * 1024 * 1024; // 64 MiB
/** Longer ones are compressed. Hardly any is: a build reads one for each unit, and unpacking takes longer than reading. */
const PLAIN_LENGTH = 1024 * 1024; // UTF-16 code units
/** What was used last is noted to be used again after so long: the order does not change, and rows are long. An hour. */
const NOTED_MS = 3_600_000;
/** Level 1: they are written at the end of a build, and read at the beginning of the next. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** The part of `UnitStore` that leads from plan keys to results. It is in the index alone: each build fills it anew. */
export function createReplayShelf(
  index: IndexDatabase,
  batch: WriteBatch,
  now: () => number,
): Pick<UnitStore, "replays" | "replaysOf" | "putReplay" | "touchReplay"> {
  // Sorted here, by `latestFirst`: SQLite would carry the entries along.
  const select = index.sql<Row>(
    "SELECT rowid, plan, instance, entry, used FROM replays WHERE plan IN (SELECT value FROM json_each(?))",
  );
  const selectOf = index.sql<Row>(
    `SELECT rowid, plan, instance, entry, used FROM replays
     WHERE instance IN (SELECT unhex(value) FROM json_each(?))`,
  );
  const upsert = index.sql(
    "INSERT OR REPLACE INTO replays (plan, instance, entry, used) VALUES (?, ?, ?, ?)",
  );
  const touch = index.sql("UPDATE replays SET used = max(used, ?) WHERE plan = ? AND instance = ?");
  const trim = index.sql(
    `DELETE FROM replays WHERE rowid IN
     (SELECT rowid FROM replays WHERE plan = ? ORDER BY used DESC, rowid DESC LIMIT -1 OFFSET ${MAX_REPLAYS})`,
  );
  /** The result that was used last, of plans of which that need not be noted again. */
  const latest = new Map<PlanKey, InstanceId>();
  return {
    replays(plans) {
      const found = new Map<PlanKey, StoredReplay[]>();
      const recently = now() - NOTED_MS;
      for (const row of select.all(JSON.stringify(plans)).sort(latestFirst)) {
        const plan = row.plan as PlanKey;
        const replay = { instance: toHex<InstanceId>(row.instance), entry: unpack(row.entry) };
        const others = found.get(plan);
        if (others !== undefined) others.push(replay);
        else {
          found.set(plan, [replay]);
          if (row.used > recently) latest.set(plan, replay.instance);
          else latest.delete(plan);
        }
      }
      return found;
    },
    replaysOf(instances) {
      const found = new Map<InstanceId, PlannedReplay[]>();
      for (const { plan, instance, entry } of selectOf.all(JSON.stringify(instances)).sort(latestFirst)) {
        const id = toHex<InstanceId>(instance);
        const replay = { plan: plan as PlanKey, entry: unpack(entry) };
        const others = found.get(id);
        if (others === undefined) found.set(id, [replay]);
        else others.push(replay);
      }
      return found;
    },
    putReplay(plan, { instance, entry }) {
      const packed = pack(entry);
      latest.delete(plan);
      batch.add(() => {
        upsert.run(plan, toBlob(instance), packed, now());
        trim.run(plan);
      });
    },
    touchReplay(plan, instance) {
      if (latest.get(plan) === instance) return;
      latest.delete(plan);
      batch.add(() => touch.run(now(), plan, toBlob(instance)));
    },
  };
}

/** Text as it is, or its zstd frame. */
type Packed = string | Uint8Array;

interface Row {
  readonly rowid: number;
  readonly plan: string;
  readonly instance: Uint8Array;
  readonly entry: Packed;
  readonly used: number;
}

function latestFirst(a: Row, b: Row): number {
  return b.used - a.used || b.rowid - a.rowid;
}

function pack(entry: string): Packed {
  return entry.length <= PLAIN_LENGTH ? entry : zstdCompressSync(Buffer.from(entry, "utf8"), FAST);
}

function unpack(packed: Packed): string {
  if (typeof packed === "string") return packed;
  return zstdDecompressSync(packed, { maxOutputLength: MAX_ENTRY_BYTES }).toString("utf8");
}
