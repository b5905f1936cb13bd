// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Digest, InstanceId, PreKey, UnitKey } from "../unit/digest.ts";
import type { InputSet, OutputFile, UnitIdentity, UnitRecord } from "../unit/record.ts";
import type { Selection } from "./selection.ts";

/** A file copied into the store's temporary directory, not hashed yet. */
export interface StagedFile {
  /** Absolute path below `<store>/tmp`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
}

/** What a `stat` says of a file, exact to the nanosecond; equal stats of an un-racy entry mean equal bytes. */
export interface FileStat {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** What is known of a file in some target directory that cargo-green put or saw there. */
export interface Artifact {
  readonly path: string;
  readonly stat: FileStat;
  readonly digest: Digest;
  readonly key: UnitKey;
  readonly instance: InstanceId;
}

/** A row of `cache ls`: what the index holds of a record without opening it. */
export interface RecordRow {
  readonly id: number;
  readonly key: UnitKey;
  readonly instance: InstanceId;
  readonly identity: UnitIdentity;
  /** Sum of the outputs, bytes. */
  readonly size: number;
  readonly files: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly used: number;
  readonly tookMs: number;
  readonly privacy: "public" | "private";
  readonly privacyReason: string;
  readonly pinned: boolean;
  readonly schema: number;
}

export interface StoreTotals {
  readonly records: number;
  /** Sum over records, bytes. */
  readonly size: number;
  /** Sum over distinct files, bytes. */
  readonly sizeOnDisk: number;
}

/** Finds and keeps results; what one build needs of the local store. */
export interface UnitStore {
  /** Absolute path of the store. */
  readonly directory: string;
  /** What earlier compilations of this pre-key read; most recently used first, at most MAX_INPUT_SETS. */
  inputSets(preKey: PreKey): readonly InputSet[];
  /** All records of a key (current schema only), newest first. */
  find(key: UnitKey): readonly UnitRecord[];
  /** Notes that a record was used now. Batched; flushed by `flush`. */
  touch(instance: InstanceId): void;
  /** Copies (reflink where possible) a file into the store's temp; the original may change afterwards. */
  stage(source: string): Promise<StagedFile>;
  /** Stages bytes that are not a file. */
  stageBytes(bytes: Uint8Array, executable: boolean): Promise<StagedFile>;
  /** Removes staged files that turned out not to be wanted. */
  discard(staged: readonly StagedFile[]): Promise<void>;
  /** Hashes a staged file off the main thread and moves it to its content address. */
  adopt(staged: StagedFile): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** Stores a record whose files were adopted. Replaces one with the same instance. */
  put(record: UnitRecord): void;
  /**
   * Copies (reflink where possible) a stored file to `destination`: random temp name beside it, then rename.
   * Checks the stored file's stat against the index first; what changed is hashed again.
   * Throws GreenError "corrupt" (and quarantines the file) if its bytes are wrong, "not-found" if it is gone.
   */
  materialize(output: OutputFile, destination: string): Promise<void>;
  /** Bytes of a stored file, verified like `materialize`. */
  read(digest: Digest): Promise<Buffer>;
  /** Digest of a file anywhere, remembered by its stat; racy entries (as git's index has them) are hashed again. */
  digestFile(path: string): Promise<Digest>;
  /** What was remembered of a file of a target directory, if its stat is still the same. */
  artifact(path: string): Artifact | undefined;
  rememberArtifacts(artifacts: readonly Artifact[]): void;
  /** A small persistent memo, for answers that are expensive to find and keyed by what determines them. */
  memo(namespace: string, key: string): string | undefined;
  remember(namespace: string, key: string, value: string): void;
  /** Writes what is batched. */
  flush(): void;
  close(): void;
}

/** What `cargo green cache …` needs. */
export interface StoreCatalog {
  list(selection: Selection): { readonly rows: readonly RecordRow[]; readonly matched: StoreTotals };
  get(id: number): UnitRecord | undefined;
  totals(): StoreTotals;
}
