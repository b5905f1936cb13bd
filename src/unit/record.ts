// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Digest, InstanceId, PreKey, UnitKey } from "./digest.ts";

/** Version of the record's JSON. A record of another version is never used; `prune --stale-schema` drops it. */
export const RECORD_SCHEMA = 3;

/** What a unit is, in the words of `--kind`. */
export const UNIT_KINDS = [
  "lib", // lib, rlib, dylib, cdylib, staticlib
  "proc-macro",
  "bin", // executables: bins and examples
  "test", // test and bench harnesses
  "build-script", // the compilation of a build.rs
  "build-script-run", // its execution
] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** Where a package's sources come from. */
export type PackageSource = "crates-io" | "registry" | "git" | "vendored" | "path";

/** What a person selects a unit by. Never used to decide whether a record fits: the key does that. */
export interface UnitIdentity {
  /** Cargo package name, e.g. `regex-automata`. */
  readonly package: string;
  readonly version: string;
  readonly source: PackageSource;
  /** Target name as Cargo shows it (crate name for libs, `rg` for a bin). */
  readonly target: string;
  readonly kind: UnitKind;
  /** Sorted. */
  readonly features: readonly string[];
  /** The triple compiled for, e.g. `x86_64-unknown-linux-gnu`. */
  readonly triple: string;
  /** Directory name of the profile: `debug`, `release` or a custom one. */
  readonly profile: string;
  /** Release of the compiler, e.g. `1.95.0` or `1.97.0-nightly`. */
  readonly rustc: string;
  /** `build` (link, metadata), `check` (metadata only) or `clippy`. */
  readonly mode: "build" | "check" | "clippy";
}

/**
 * Everything that the result depends on, flat and labelled as a person would name it
 * (`RUSTFLAGS`, `profile opt-level`, `file src/lib.rs`, `env FOO`, `dependency serde`).
 * The key is the sha256 of its canonical JSON; `cache why` compares two of them.
 */
export type Inputs = Readonly<Record<string, string>>;

/** What an earlier compilation of the same pre-key read: which files and variables to look at, not their values. */
export interface InputSet {
  /** Paths with placeholders (see PathRoots), sorted. */
  readonly files: readonly string[];
  /** Names of environment variables, sorted. */
  readonly env: readonly string[];
}

export interface OutputFile {
  /**
   * Relative to rustc's `--out-dir`, or to a build script's `OUT_DIR`; with `/`, never absolute, never with `..`.
   * With `/` at its end it is an empty directory, and its content that of an empty file.
   */
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
  /**
   * `dep-info`: contains placeholders for paths of the machine, expanded when laid down;
   * `real-build-script`: an executable that a stand-in takes the place of.
   */
  readonly role: "plain" | "dep-info" | "real-build-script";
}

/** An output contains this path literally, so the record only fits where the root is at the same place. */
export interface Binding {
  /** Name of the root as in PathRoots, e.g. `CARGO_HOME`. */
  readonly root: string;
  readonly path: string;
}

export interface Privacy {
  readonly class: "public" | "private";
  /** Why, as a person would say it: `path package`, `depends on acme-derive (proc-macro, path package)`. */
  readonly reason: string;
  /** The way from this unit to the one that is private by itself, which is the last. Absent if that is this one. */
  readonly through?: readonly PrivacyLink[];
  /** Why that last one is private. */
  readonly cause?: string;
}

/** A unit on the way to the cause. */
export type PrivacyLink = Pick<UnitIdentity, "package" | "kind">;

export interface Provenance {
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** How long the compiler or script ran, in milliseconds. */
  readonly tookMs: number;
  /** Version of cargo-green that made the record. */
  readonly green: string;
  /** `adopted`: plain Cargo ran it, and what it left in a target directory was taken in later. */
  readonly runner: "host" | "buildkit" | "podman" | "adopted";
  readonly sandbox: SandboxNote;
}

/** What a unit could see when it was made. */
export interface SandboxNote {
  /** What kept it in; `none` if nothing did. */
  readonly mode: "bwrap" | "native" | "container" | "none";
  /** True if it could reach the network. */
  readonly network: boolean;
  /** Names of variables that were set and that it did not see. Sorted. */
  readonly hidden: readonly string[];
  /** Names of variables that it saw although they are neither Cargo's nor allow-listed. Sorted. */
  readonly seen: readonly string[];
}

/** What would make the same result again; paths with placeholders. */
export interface Invocation {
  readonly program: string;
  readonly argv: readonly string[];
  /** Only the variables that Cargo set for this unit, or that are in the key. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** What a unit hands on to everything that is compiled against it, at any depth. */
export interface Closure {
  /** Executable code that rustc loads: digests of the proc-macro libraries, its own included. Sorted. */
  readonly procMacros: readonly Digest[];
  /** True if some native library is left to the system's linker to find. */
  readonly systemLibraries: boolean;
}

/** The stored result of one unit. */
export interface UnitRecord {
  readonly schema: typeof RECORD_SCHEMA;
  readonly key: UnitKey;
  readonly preKey: PreKey;
  /** Identifies this result among several of one key. */
  readonly instance: InstanceId;
  readonly identity: UnitIdentity;
  readonly inputs: Inputs;
  readonly inputSet: InputSet;
  /** The results it was made against: instances of its direct dependencies, sorted. */
  readonly dependencies: readonly InstanceId[];
  readonly closure: Closure;
  readonly outputs: readonly OutputFile[];
  /** latin1 of the bytes, machine paths replaced by placeholders. */
  readonly stdout: string;
  readonly stderr: string;
  /** Arguments that only change how diagnostics look; must be equal if there are any diagnostics. */
  readonly presentation: string;
  readonly bindings: readonly Binding[];
  readonly privacy: Privacy;
  readonly provenance: Provenance;
  readonly invocation: Invocation;
}

/** What is needed of a record to use it: all but what its key was made of and how it would be made again. */
export type UnitResult = Omit<UnitRecord, "inputs" | "invocation">;
