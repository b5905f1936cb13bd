// SPDX-License-Identifier: MIT OR Apache-2.0
// A program that developers' scripts and tests run, and where it comes from.

/** From packages of Debian, unpacked without being installed; their version is the release's. */
export interface DebianSource {
  readonly from: "debian";
  /** Unpacked one over the other. */
  readonly packages: readonly string[];
  /** Packages that a machine may lack; those that a release does not have are left out. */
  readonly libraries?: readonly string[];
  /** Packages that the machine's own release has at another version, or not at all. */
  readonly newer?: NewerPackages;
}

/** Packages of a release, which keeps no old versions. */
export interface NewerPackages {
  readonly release: string;
  /** Package → the version that is known to do. Where it is gone, the release's present one is taken. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Built from a Go module of exactly this version, brought by the module proxy that `go` is set up to use. */
export interface GoSource {
  readonly from: "go";
  /** Import path of its `main` package. */
  readonly package: string;
  /** Of the module. */
  readonly version: string;
  /** The module has `exclude` directives, which `go install` refuses: it is built as a dependency of an empty one. */
  readonly asDependency?: boolean;
  /** Variable → value that the linker gives it. */
  readonly variables?: Readonly<Record<string, string>>;
}

export type Source = DebianSource | GoSource;

export interface Program {
  readonly title: string;
  readonly source: Source;
  /** Tried where nothing that runs comes of the first. */
  readonly otherwise?: Source;
  /** Arguments with which it prints its version and succeeds, if it runs at all. */
  readonly check: readonly string[];
  /** What must be in what it prints then. */
  readonly shows?: RegExp;
}

/** By the name of the executable. */
export type Catalogue<Name extends string> = Readonly<Record<Name, Program>>;
