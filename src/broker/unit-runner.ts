// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Package } from "../cargo/package.ts";
import type { PathRoots, RootName } from "../cargo/roots.ts";
import type { ContainerUnit } from "../containerfile/container-unit.ts";
import type { UnitSolved } from "../runner/container/builder-event.ts";
import type { Digest } from "../unit/digest.ts";
import type { Provenance, SandboxNote, UnitIdentity, UnitRecord } from "../unit/record.ts";
import type { Confinement } from "./confinement.ts";
import type { ChildCommand, ChildResult, FinalAnswer } from "./protocol.ts";

/** A unit as far as running it is concerned, wherever that is. */
export interface UnitToRun {
  readonly package: Pick<Package, "name" | "root" | "identity" | "immutable">;
  /** As a person knows it: `ring 0.17.14 (build script run)`. */
  readonly name: string;
  /** What it is, as far as that is known; undefined for one that is not cached. */
  readonly identity?: UnitIdentity | undefined;
  /** What Cargo has it compiled by, as `rustc -vV` has it at its beginning. */
  readonly compiler: string;
  /** True for a compilation, whose errors are rustc's JSON. */
  readonly isRustc: boolean;
  readonly cwd: string;
  readonly env: ReadonlyMap<string, string>;
  /** The programs (clippy-driver stands before rustc), then what they are told. */
  readonly argv: readonly string[];
  /** How many words of that are programs. */
  readonly programs: 1 | 2;
  /** How the shim runs it without a sandbox. */
  readonly command: ChildCommand;
  readonly confinement: Confinement;
  /** Places of this machine that are known by names. */
  readonly roots: PathRoots;
  /** Absolute directory of its outputs. */
  readonly place: string;
  /** Beyond its package and what its arguments and variables name, what it is known to look at. Absolute. */
  readonly elsewhere: readonly string[];
  /** The workspace, if its package can change: what it may be shown if it looks for more than it is known to look at. */
  readonly around: string | undefined;
  /** Variables that it is known to read: visible from the start. */
  readonly reads: ReadonlySet<string>;
  /** False if everything that it reads is declared and in its key: nothing is hidden from it then. */
  readonly hides: boolean;
  /** Names of the variables that it declared in a run that ended well. */
  declared(result: ChildResult): Promise<readonly string[]>;
  /** True if it declared a file outside of its package in a run that ended well. */
  declaresElsewhere(result: ChildResult): Promise<boolean>;
  /** Takes away what a run left that does not count. */
  beforeRerun(): Promise<void>;
}

/** The shim that asked for a unit. */
export interface AskingShim {
  /** Runs a command as its child. */
  run(command: ChildCommand): Promise<ChildResult>;
  /** Aborted when it is gone, or is not to wait any longer. */
  readonly signal: AbortSignal;
  /** Told what a builder does for it. */
  readonly observe?: ((event: UnitSolved) => void) | undefined;
}

/** What is known of a file that a run left, before it is read. */
export interface LeftFile {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Places of this machine that stand in it. */
  readonly roots: readonly RootName[];
}

/** How a unit was run in the end. */
export interface UnitRun {
  readonly result: ChildResult;
  readonly note: SandboxNote;
  /** What the shim is told; written after what it passed on of the unit's own output. */
  readonly answer: FinalAnswer;
  /** A reason why it must not be recorded. */
  readonly objection: string | undefined;
  /** Files that it left of which something is known, by their path in its place; all others are to be read. */
  readonly left?: ReadonlyMap<string, LeftFile> | undefined;
  /** Keeps a description of its run in a container; what that is called by. Absent if there is none. */
  readonly describe?: () => Digest;
  /** What a builder has the result of; undefined if it was run on this machine. */
  readonly solved?: ContainerUnit | undefined;
}

/** What runs units on a miss: this machine, or a builder of containers. */
export interface UnitRunner {
  readonly kind: Exclude<Provenance["runner"], "adopted">;
  /** True if a record was made with as much isolation as is demanded now. */
  accepts(record: Pick<UnitRecord, "provenance">, packageName: string): boolean;
  /** Runs a unit as the settings say; its files are in its place when this returns. */
  run(unit: UnitToRun, shim: AskingShim): Promise<UnitRun>;
  /** Those of the variables that are set, and that are neither Cargo's nor on the documented list. */
  foreign(names: readonly string[], env: ReadonlyMap<string, string>): readonly string[];
}
