// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerBase } from "../../containerfile/container-unit.ts";

/** The file system that units start from, and what is known of it. */
export interface UnitImage {
  readonly base: ContainerBase;
  /** Absolute path of its compiler, no proxy; clippy-driver, rustdoc and cargo are beside it. */
  readonly rustc: string;
  /** `rustc --print sysroot` */
  readonly sysroot: string;
  /** `rustc -vV` */
  readonly version: string;
  /** Triples that it has a standard library of. */
  readonly targets: readonly string[];
  /** True if rustup can add to it. */
  readonly hasRustup: boolean;
  /** Where programs are looked for. */
  readonly path: string;
  /** Digest of all that units may find in it: its tools, its libraries, its linker. */
  readonly identity: string;
  /** What a base that a Containerfile makes said that it contains; undefined for an image, which has a digest. */
  readonly contents?: string | undefined;
}
