// SPDX-License-Identifier: MIT OR Apache-2.0

import type { Package } from "../cargo/package.ts";
import type { PathRoots } from "../cargo/roots.ts";
import type { StagedFile } from "../store/store.ts";
import type { Digest } from "../unit/digest.ts";
import type {
  Binding,
  Closure,
  InputSet,
  Inputs,
  Invocation,
  OutputFile,
  UnitIdentity,
} from "../unit/record.ts";
import type { Confinement } from "./confinement.ts";
import type { KnownUnit } from "./known-units.ts";
import type { ChildCommand } from "./protocol.ts";

/** One output of a run that was copied to the store's temp, not hashed yet. */
export interface CapturedOutput {
  /** Relative to the unit's place. */
  readonly path: string;
  readonly role: OutputFile["role"];
  readonly staged: StagedFile;
}

/** One output as it lies in the unit's place. */
export interface PlacedOutput {
  /** Relative to the unit's place, under the name that a record has it by. */
  readonly path: string;
  readonly role: OutputFile["role"];
  /** Absolute path of the file, or directory if `path` ends in a slash. */
  readonly file: string;
}

/** How to run a unit on a miss. */
export interface UnitCommand {
  /** What Cargo has it compiled by, as `rustc -vV` has it at its beginning. */
  readonly compiler: string;
  /** What differs from the request, for a run without a sandbox. */
  readonly command: ChildCommand;
  /** The program and its arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** How many words of `argv` are programs: clippy-driver stands before rustc. */
  readonly programs: 1 | 2;
  /** What it is shown of this machine. */
  readonly confinement: Confinement;
  /** Beyond its package and what its arguments and variables name, what it is known to look at. Absolute. */
  readonly elsewhere: readonly string[];
  /** The workspace, if its package can change: what it may be shown if it looks for more than it is known to look at. */
  readonly around: string | undefined;
  /** False if all that it reads of the environment is declared: then nothing is hidden from it. */
  readonly hidesVariables: boolean;
}

/**
 * All that the life of a unit needs to know of one request, whether it is a compilation or a build script's run:
 * what it depends on, where its results are, and how to find out afterwards what it read.
 */
export interface UnitPlan {
  readonly identity: UnitIdentity;
  readonly package: Package;
  readonly roots: PathRoots;
  /** The request's variables. */
  readonly env: ReadonlyMap<string, string>;
  /** Inputs that are known before any source is looked at. */
  readonly fixed: Inputs;
  /** What it is made against: its results are bound to these very ones. */
  readonly dependencies: readonly KnownUnit[];
  /** What else it has from other units: it is no more public than they are. */
  readonly inherits: readonly Inheritance[];
  readonly presentation: string;
  /** Absolute directory of the outputs. */
  readonly place: string;
  readonly run: UnitCommand;
  readonly invocation: Invocation;
  /** Absolute paths of the outputs that other units refer to: by them a dependent finds this unit while it runs. */
  readonly announces: readonly string[];
  /** Variables in the key that make the unit private. */
  readonly foreignEnv: readonly string[];
  /** What it was told that only this user says, as the reason that it is private: RUSTFLAGS, places, linkers. */
  particular(): Promise<string | undefined>;
  /** True for a variable whose value may be re-rooted in the key, as the outputs are searched for it anyway. */
  relocatable(name: string): boolean;
  /** What this run read, by what it wrote. Without arguments: from what lies in place while it still runs. */
  discover(finished?: FinishedRun): Promise<InputSet>;
  /** A reason why this run must not be recorded. */
  objection(finished: FinishedRun): Promise<string | undefined>;
  /** Roots that must be where they are now for this result to be right, besides those whose paths stand in its outputs. */
  bindings(finished: FinishedRun): Promise<readonly Binding[]>;
  /** True if whoever makes its executable code again makes a new file: then that can be the stored one by another name. */
  readonly replacesLinked: boolean;
  /** What lies there of what it writes. */
  outputs(): Promise<readonly PlacedOutput[]>;
  /** Copies the outputs out of the way of whatever happens next, and leaves everything as Cargo should find it. */
  capture(): Promise<readonly CapturedOutput[]>;
  /** Takes away what a failed run left, before another one. */
  beforeRerun(): Promise<void>;
  /** Makes room for restored outputs. */
  clear(): Promise<void>;
  /** Does what else must be in place beside restored outputs. */
  afterRestore(): Promise<void>;
  /** Is this (relative to `place`) what dependents see? Those outputs make the instance. */
  isPrimary(path: string): boolean;
  /** What dependents inherit, given this unit's own primary outputs. */
  closure(primary: readonly PrimaryOutput[]): Closure;
}

/** A build script, or a run of one, that a unit was made with; undefined if nothing is known of it. */
export type Inheritance = Pick<KnownUnit, "identity" | "recorded"> | undefined;

/** A run that ended well. */
export interface FinishedRun {
  readonly captured: readonly CapturedOutput[];
  readonly stdout: Buffer;
}

export interface PrimaryOutput {
  /** Relative to the unit's place. */
  readonly path: string;
  readonly digest: Digest;
}

/** A request that is passed to the real program as it is. */
export interface Untouched {
  readonly untouched: string;
  /** Undefined for what is no unit at all. */
  readonly identity: UnitIdentity | undefined;
}
