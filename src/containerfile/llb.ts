// SPDX-License-Identifier: MIT OR Apache-2.0
import type { LocalFile, LocalTree } from "./container-unit.ts";

/**
 * A vertex of BuildKit's build graph (LLB) as plain data; what it is made of are other ones. Those that are used in
 * several places are one object.
 */
export type LlbVertex = ImageVertex | LocalVertex | TextVertex | ExecVertex | DefinedVertex;

/** One of the file systems that a vertex leaves. */
export interface LlbEdge {
  readonly vertex: LlbVertex;
  readonly output: number;
}

/** An image, `name@sha256:…`. */
export interface ImageVertex {
  readonly kind: "image";
  readonly reference: string;
  readonly platform: string;
}

/** What the client sends, if the builder has not got it. */
export interface LocalVertex {
  readonly kind: "local";
  /** What the client is asked for by. One name is one directory on the builder, which is brought up to date. */
  readonly name: string;
  /** Hex digest. Content that is new has a new one: BuildKit does not ask again for what it believes to be the same. */
  readonly content: string;
  readonly source: LocalSource;
}

export type LocalSource =
  | { readonly kind: "tree"; readonly tree: LocalTree }
  | { readonly kind: "file"; readonly file: LocalFile };

/** One file with this text, and nothing beside it. */
export interface TextVertex {
  readonly kind: "text";
  readonly name: string;
  readonly text: string;
}

export interface ExecVertex {
  readonly kind: "exec";
  /** As people know it; not part of what is run. */
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly network: "none" | "sandbox";
  readonly platform: string;
  readonly mounts: readonly LlbMount[];
}

/** Where an exec sees what. Those with an output are counted from 0, in this order. */
export type LlbMount =
  /** The root, which the exec cannot write to. */
  | { readonly kind: "root"; readonly edge: LlbEdge }
  /** A file system or, with a selector, a directory or file of it; read-only. */
  | { readonly kind: "input"; readonly target: string; readonly edge: LlbEdge; readonly selector: string }
  /** Empty at first; what is left in it is an output. */
  | { readonly kind: "output"; readonly target: string }
  /** Empty at first, gone afterwards. */
  | { readonly kind: "temporary"; readonly target: string };

/** A graph that somebody else made, in BuildKit's own form (`pb.Op`, marshalled), by one of its edges. */
export interface DefinedVertex {
  readonly kind: "defined";
  readonly ops: readonly Uint8Array[];
  /** Of the op that is meant: `sha256:…`. */
  readonly digest: string;
}
