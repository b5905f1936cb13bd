// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Digest, InstanceId, PlanKey, PreKey, UnitKey } from "../unit/digest.ts";
import type {
  InputSet,
  Inputs,
  OutputFile,
  SandboxNote,
  UnitIdentity,
  UnitKind,
  UnitRecord,
} from "../unit/record.ts";
import type { BuildLog } from "./build-log.ts";
import type { Selection } from "./selection.ts";

/** How many input sets are kept for a pre-key; the least recently used one goes first. */
export const MAX_INPUT_SETS = 16;

/** A file copied into the store's temporary directory, not hashed yet. */
export interface StagedFile {
  /** Absolute path below `<store>/tmp`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
}

/** A staged file, and what its bytes were found to be. */
export interface DigestedFile extends StagedFile {
  readonly digest: Digest;
}

/** What a `stat` says of a file, exact to the nanosecond; equal stats of an un-racy entry mean equal bytes. */
export interface FileStat {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** How a file is put where Cargo looks at its age. */
export interface Placement {
  /** Let the file be the stored one by another name, if the file system can: for what is never written to again. */
  readonly link: boolean;
  /** Seconds since the epoch; `stored` for the one of every stored file, the only one that a link can have. */
  readonly mtime: number | "stored";
}

/** How a stored file gets to its place. Directories on the way are made, and what has the name is replaced. */
export interface PlaceOperation {
  readonly kind: "place";
  readonly source: string;
  readonly path: string;
  /** By another name; a copy (reflink where possible), renamed into its place, where the file system cannot. */
  readonly link: boolean;
  /** Of a copy. */
  readonly mode: number;
  /** Of a copy; seconds since the epoch. */
  readonly mtime: number;
  /** How the source is known to have been left; it is not placed if it is not so any more. Undefined: however it is. */
  readonly left: LeftFile | undefined;
}

/** By this a file is known to have the bytes that it had: a write shows in one of the times, or in both. */
export interface LeftFile {
  /** Bytes. */
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** How many names it had: each that is made or removed changes `ctimeNs`. */
  readonly names: number;
}

/** A file that was placed, as it was then. */
export interface PlacedFile extends FileStat {
  /** True if it is the source by another name. */
  readonly isLink: boolean;
  readonly names: number;
}

/** A stored file that parts are read of. */
export interface OpenedFile {
  /** Bytes. */
  readonly size: number;
  /**
   * `length` bytes from a place on, all of which must be there. Throws GreenError as reading does.
   * @param memory what they are read into, for who reads much and keeps nothing; default: memory of their own
   */
  read(at: number, length: number, memory?: Buffer): Buffer;
  close(): void;
}

/** A stored file that is about to be put somewhere. */
export interface Prepared {
  readonly operation: PlaceOperation;
  /** Notes that it was performed, unchanged. */
  done(placed: PlacedFile): void;
}

/** A stored file that was made of a record's files, and can be made again. */
export interface DerivedFile {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** What it is, in the words of who made it. */
  readonly note: string;
}

/** What a build needs to lay down a result before Cargo asks for it. */
export interface StoredReplay {
  readonly instance: InstanceId;
  /** JSON of its own; only who put it knows what is in it. */
  readonly entry: string;
}

/** The same, seen from the result. */
export interface PlannedReplay {
  readonly plan: PlanKey;
  readonly entry: string;
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
  readonly sandbox: SandboxNote["mode"];
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
  /** The record of one result, of the current schema. */
  byInstance(instance: InstanceId): UnitRecord | undefined;
  /** Records (current schema only) that have a file of these bytes among their outputs, newest first. */
  withOutput(digest: Digest): readonly UnitRecord[];
  /** Notes that a record was used now. Batched; flushed by `flush`. */
  touch(instance: InstanceId): void;
  /** Copies (reflink where possible) a file into the store's temp; the original may change afterwards. */
  stage(source: string): Promise<StagedFile>;
  /** Stages bytes that are not a file. */
  stageBytes(bytes: Uint8Array, executable: boolean): Promise<StagedFile>;
  /** Removes staged files that turned out not to be wanted. */
  discard(staged: readonly StagedFile[]): Promise<void>;
  /**
   * Moves a staged file to its content address. Hashes it, letting others run meanwhile, unless the caller says what it found its
   * bytes to be.
   */
  adopt(staged: StagedFile, digest?: Digest): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** Moves staged files to their content addresses: many at once, which the caller has digested. */
  adoptAll(files: readonly DigestedFile[]): void;
  /** Those of these files that the store has, by the index alone. One query for all. */
  present(digests: readonly Digest[]): ReadonlySet<Digest>;
  /** Stores a record whose files were adopted. Replaces one with the same instance. */
  put(record: UnitRecord): void;
  /** `put` of many in one transaction. */
  putAll(records: Iterable<UnitRecord>): void;
  /**
   * Copies (reflink where possible) a stored file to `destination`: random temp name beside it, then rename.
   * Checks the stored file's stat against the index first; what changed is hashed again.
   * Throws GreenError "corrupt" (and quarantines the file) if its bytes are wrong, "not-found" if it is gone.
   */
  materialize(output: OutputFile, destination: string): Promise<void>;
  /** Copies what `materialize` will probably be called with, beside its destination: large files take a while. */
  copyAhead(output: OutputFile, destination: string): void;
  /** Removes what was copied ahead for nobody. */
  dropCopies(): Promise<void>;
  /** Says that these files will be asked for soon: one query for all. */
  expect(digests: readonly Digest[]): void;
  /**
   * Says how a stored file is put at `destination`: whoever does so finds out whether it is still as its bytes were
   * known to be right. One that was not announced (`expect`), or was asked for before, is checked here, as `materialize`
   * does, and throws as that does. `done` is to be called when it lies there: then `digestFile` knows it at once.
   */
  prepare(output: OutputFile, destination: string, placement: Placement): Promise<Prepared>;
  /** Where a stored file is, for who copies it before it is known to be needed, and then asks `prepare`. */
  sourceOf(digest: Digest): string;
  /** Bytes of a stored file, verified like `materialize`. */
  read(digest: Digest): Promise<Buffer>;
  /** The same to read parts of, for what is not to be held in memory; checked before, as a build checks it. To be closed. */
  open(digest: Digest): Promise<OpenedFile>;
  /** A fresh path for a file of the caller's, which a later process removes if this one does not. */
  scratchPath(): string;
  /** What was made of these records, for those that something was made of. One query for all. */
  derived(instances: readonly InstanceId[]): ReadonlyMap<InstanceId, DerivedFile>;
  /** Keeps an adopted file as long as the record that it was made of, in place of an earlier one; not at all without that. */
  keepDerived(instance: InstanceId, file: DerivedFile): void;
  /** Digest of a file anywhere, remembered by its stat; racy entries (as git's index has them) are hashed again. */
  digestFile(path: string): Promise<Digest>;
  /** Tells `digestFile` of this process what a file holds that the caller has just written. */
  noteDigest(path: string, digest: Digest): void;
  /** A small persistent memo, for answers that are expensive to find and keyed by what determines them. */
  memo(namespace: string, key: string): string | undefined;
  remember(namespace: string, key: string, value: string): void;
  /** What was put under these plan keys, the most recently used first. One query for all. */
  replays(plans: readonly PlanKey[]): ReadonlyMap<PlanKey, readonly StoredReplay[]>;
  /** What was put for these results, with the plan keys that lead to it. One query for all. */
  replaysOf(instances: readonly InstanceId[]): ReadonlyMap<InstanceId, readonly PlannedReplay[]>;
  /** Notes how a result is laid down; replaces what was noted for the same plan key and instance. Batched. */
  putReplay(plan: PlanKey, replay: StoredReplay): void;
  /** Notes that it was laid down now. Batched. */
  touchReplay(plan: PlanKey, instance: InstanceId): void;
  /** Writes what is batched. */
  flush(): void;
  close(): void;
}

/** What `cargo green cache …` needs. */
export interface StoreCatalog {
  list(selection: Selection): { readonly rows: readonly RecordRow[]; readonly matched: StoreTotals };
  get(id: number): UnitRecord | undefined;
  totals(): StoreTotals;
  /** Sums by what units are and who may see them, in one pass over the index. */
  breakdown(): readonly Share[];
  /** Names of the packages that there are records of, sorted, at most `limit`. */
  packageNames(limit: number): readonly string[];
}

/** All records of one kind, privacy class and pin state. */
export interface Share {
  readonly kind: UnitKind;
  readonly privacy: "public" | "private";
  readonly pinned: boolean;
  readonly records: number;
  /** Sum over records, bytes. */
  readonly size: number;
}

/** What a deletion took, or would take. */
export interface Removal {
  readonly records: number;
  /** Sum over the removed records, bytes. */
  readonly size: number;
  /** Bytes of files that no other record needed. */
  readonly freed: number;
}

export interface PruneOptions {
  /** Remove the least recently used records until the files of the rest fit in so many bytes. */
  readonly keepSize?: number;
  /** Remove records last used before this, milliseconds since the epoch. */
  readonly unusedSince?: number;
  /** Remove records of other schema versions. */
  readonly staleSchema?: boolean;
  readonly dryRun?: boolean;
}

export interface GcOptions {
  /** Files adopted within so many milliseconds are spared: their record may be on its way. Default DEFAULT_GRACE_MS. */
  readonly graceMs?: number;
}

/** What a sweep removed. */
export interface Swept {
  /** Content files that no record named. */
  readonly files: number;
  /** Left-overs: records outside of the index, temporary files. */
  readonly leftovers: number;
  readonly freed: number;
}

export interface VerifyProgress {
  readonly checked: number;
  readonly total: number;
  /** Bytes hashed so far. */
  readonly bytes: number;
}

export interface VerifyOptions {
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** A stored file that is wrong or gone, and the records that named it (all of them are removed by now). */
export interface BadFile {
  readonly digest: Digest;
  readonly records: readonly RecordRow[];
}

export interface VerifyReport {
  /** Files hashed. */
  readonly checked: number;
  /** Bytes hashed. */
  readonly bytes: number;
  /** Bytes that are not what the digest says. */
  readonly corrupt: readonly BadFile[];
  readonly missing: readonly BadFile[];
  /** Records whose own JSON was unreadable or not theirs; removed. */
  readonly unreadable: readonly RecordRow[];
  /** Records read. */
  readonly records: number;
  /** False if SQLite found the index damaged; the next opening rebuilds it. */
  readonly indexSound: boolean;
}

/** What changes or checks the store as a whole. Safe while builds use it. */
export interface StoreMaintenance {
  /** Removes records (pinned ones too: they were named) and the files that only they needed. */
  remove(ids: readonly number[], options?: { readonly dryRun?: boolean }): Promise<Removal>;
  /** Pinned records survive `prune`. Returns how many changed. */
  pin(ids: readonly number[]): number;
  unpin(ids: readonly number[]): number;
  prune(options: PruneOptions): Promise<Removal>;
  /** Sweeps what no record refers to, old temporary files, and what the caches have not seen for long. */
  gc(options?: GcOptions): Promise<Swept>;
  /** Hashes every stored file and reads every record; what is wrong is removed, so that it is never served. */
  verify(options?: VerifyOptions): Promise<VerifyReport>;
}

export interface NearestOptions {
  /** Leave out records of this key (the unit's own). Records with equal inputs are always left out. */
  readonly excludeKey?: UnitKey;
  /** Only records made before this, milliseconds since the epoch: the start of the build that is asked about. */
  readonly before?: number;
}

/** What `cache why` reads, and what a build leaves for it. */
export interface BuildHistory {
  /** Replaces the log of the build's workspace. */
  saveBuild(build: BuildLog): void;
  lastBuild(workspaceDirectory: string): BuildLog | undefined;
  /** The record of the same package, kind and target whose inputs are most like these. */
  nearest(identity: UnitIdentity, inputs: Inputs, options?: NearestOptions): UnitRecord | undefined;
}

/** Everything that a local store can do. */
export type Store = UnitStore & StoreCatalog & StoreMaintenance & BuildHistory;
