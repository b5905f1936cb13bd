// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type InstanceId, isSha256 } from "../unit/digest.ts";
import type { UnitRecord } from "../unit/record.ts";
import { isMissing } from "./fs-error.ts";
import type { StoreLayout } from "./layout.ts";
import { renameInto } from "./rename-into.ts";

/** A record's JSON is some kilobytes, or a megabyte with very many diagnostics. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024; // 256 MiB

/** JSON as one zstd frame with a checksum, so that a torn or rotten file is noticed. */
export function compressJson(value: unknown): Buffer {
  return zstdCompressSync(JSON.stringify(value), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** The inverse of `compressJson`. Throws on anything that is not its output. */
export function decompressJson(bytes: Uint8Array): unknown {
  return JSON.parse(zstdDecompressSync(bytes, { maxOutputLength: MAX_RECORD_BYTES }).toString("utf8"));
}

/** Writes the record's file, by rename; a reader sees the old one or the new one. */
export function writeRecordFile(layout: StoreLayout, record: UnitRecord): void {
  const temp = layout.tempPath();
  try {
    writeFileSync(temp, compressJson(record), { flag: "wx" });
    renameInto(temp, layout.recordPath(record.instance));
  } catch (thrown) {
    rmSync(temp, { force: true });
    throw thrown;
  }
}

function looksLikeRecord(value: unknown): value is UnitRecord {
  if (typeof value !== "object" || value === null) return false;
  const has = (name: string, type: string) => typeof Reflect.get(value, name) === type;
  const id = (name: string) => has(name, "string") && isSha256(String(Reflect.get(value, name)));
  return (
    has("schema", "number") &&
    ["key", "preKey", "instance"].every(id) &&
    ["identity", "inputs", "inputSet", "privacy", "provenance"].every((name) => has(name, "object")) &&
    Array.isArray(Reflect.get(value, "outputs"))
  );
}

/** What a record's file holds: the record, nothing (`missing`), or something else (`unreadable`). */
export type RecordFile = UnitRecord | "missing" | "unreadable";

/** Reads a record's file; any schema. Throws only if the file system fails. */
export function readRecordFile(layout: StoreLayout, instance: InstanceId): RecordFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(layout.recordPath(instance));
  } catch (thrown) {
    if (isMissing(thrown)) return "missing";
    throw thrown;
  }
  try {
    const value = decompressJson(bytes);
    return looksLikeRecord(value) && value.instance === instance ? value : "unreadable";
  } catch {
    return "unreadable";
  }
}

/** Removes a record's file and its pin, if they are there. */
export function removeRecordFile(layout: StoreLayout, instance: InstanceId): void {
  rmSync(layout.recordPath(instance), { force: true });
  rmSync(layout.pinPath(instance), { force: true });
}
