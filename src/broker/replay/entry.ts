// SPDX-License-Identifier: MIT OR Apache-2.0
import { RECORD_SCHEMA, type UnitRecord, type UnitResult } from "../../unit/record.ts";
import type { StoredCall } from "./call.ts";

/** Version of an entry's JSON; one of another version is as good as none. */
export const ENTRY_SCHEMA = 3;

/** How one result is laid down so that Cargo finds it fresh. All text is latin1 with placeholders for paths. */
export interface ReplayEntry {
  readonly schema: typeof ENTRY_SCHEMA;
  /** Kept here, too, so that a build needs no query and no file for each unit. */
  readonly result: UnitResult;
  /** Contents of its outputs that hold placeholders, by path. */
  readonly depInfo: Readonly<Record<string, string>>;
  /** What leads to the key that decides whether the result is right here. */
  readonly call: StoredCall;
  readonly fingerprint: StoredFingerprint;
  /** What Cargo keeps of a build script's run, beside OUT_DIR. */
  readonly run?: StoredDirectory;
  /** The workspace's directory, if something names a file around it: then the entry is of use there alone. */
  readonly onlyIn?: string;
  /** True if the plan that leads here is a digest of settings that are somebody's own. */
  readonly hasOwnPlan?: boolean;
}

/** Files of one directory, which is relative to the build directory. */
export interface StoredDirectory {
  readonly directory: string;
  readonly files: readonly StoredText[];
}

export interface StoredFingerprint extends StoredDirectory {
  /** Of the hash file; `<name>.json` is beside it. Neither is among `files`. */
  readonly name: string;
  readonly hash: string;
  readonly json: string;
  /** True if we computed the same hash: only then another one is written for another place. */
  readonly reproduced: boolean;
  /** Other hashes by which units on top of this one may know it: those of entries that came from elsewhere. */
  readonly aliases?: readonly string[];
}

/** All hashes by which what stands on a unit may know it. */
export function namesOf({ hash, aliases = [] }: StoredFingerprint): readonly string[] {
  return [hash, ...aliases];
}

export interface StoredText {
  readonly name: string;
  /** Of Cargo's encoded dep-info, the paths in it are what is stored without this machine's places. */
  readonly kind: "text" | "dep-info";
  readonly content: string;
}

export function encodeEntry(entry: ReplayEntry): string {
  return JSON.stringify(entry);
}

/** Undefined for other versions of it, or of records. Throws on what is not JSON. */
export function decodeEntry(text: string): ReplayEntry | undefined {
  const entry = JSON.parse(text) as ReplayEntry;
  return entry.schema === ENTRY_SCHEMA && entry.result.schema === RECORD_SCHEMA ? entry : undefined;
}

/** What an entry keeps of a record. */
export function resultOf({ inputs: _, invocation: __, ...result }: UnitRecord): UnitResult {
  return result;
}
