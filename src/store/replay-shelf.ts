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
/** Larger ones are compressed. Most are not: a build reads one for each unit, and unpacking takes longer than reading. */
const PLAIN_BYTES = 64 * 1024; // 64 KiB
/** What was used last is noted to be used again after so long: the order does not change, and rows are long. An hour. */
const NOTED_MS = 3_600_000;
/** Level 1: they are written at the end of a build, and read at the beginning of the next. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** RFC 8878, 3.1.1; JSON begins with a brace. */
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** The part of `UnitStore` that leads from plan keys to results. It is in the index alone: each build fills it anew. */
export function createReplayShelf(
  index: IndexDatabase,
  batch: WriteBatch,
  now: () => number,
): Pick<UnitStore, "replays" | "replaysOf" | "putReplay" | "touchReplay"> {
  const select = index.sql<{ plan: string; instance: Uint8Array; entry: Uint8Array; used: number }>(
    `SELECT plan, instance, entry, used FROM replays WHERE plan IN (SELECT value FROM json_each(?))
     ORDER BY used DESC, rowid DESC`,
  );
  const selectOf = index.sql<{ plan: string; instance: Uint8Array; entry: Uint8Array }>(
    `SELECT plan, instance, entry FROM replays WHERE instance IN (SELECT unhex(value) FROM json_each(?))
     ORDER BY used DESC, rowid DESC`,
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
      for (const row of select.all(JSON.stringify(plans))) {
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
      for (const { plan, instance, entry } of selectOf.all(JSON.stringify(instances))) {
        const id = toHex<InstanceId>(instance);
        const replay = { plan: plan as PlanKey, entry: unpack(entry) };
        const others = found.get(id);
        if (others === undefined) found.set(id, [replay]);
        else others.push(replay);
      }
      return found;
    },
    putReplay(plan, { instance, entry }) {
      const blob = pack(entry);
      latest.delete(plan);
      batch.add(() => {
        upsert.run(plan, toBlob(instance), blob, now());
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

function pack(entry: string): Buffer {
  const bytes = Buffer.from(entry, "utf8");
  return bytes.length <= PLAIN_BYTES ? bytes : zstdCompressSync(bytes, FAST);
}

function unpack({ buffer, byteOffset, byteLength }: Uint8Array): string {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const isPacked = bytes.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC);
  return (isPacked ? zstdDecompressSync(bytes, { maxOutputLength: MAX_ENTRY_BYTES }) : bytes).toString(
    "utf8",
  );
}
