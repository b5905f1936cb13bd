// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Digest } from "../unit/digest.ts";
import type { UnitIdentity } from "../unit/record.ts";

/**
 * Where things are in a container, whoever builds and wherever: with the official Rust images' CARGO_HOME, and the
 * places that `--remap-path-prefix` gives on the host, so that what is compiled there and here is the same.
 */
export const CONTAINER_PLACES = {
  cargoHome: "/usr/local/cargo",
  target: "/target",
  workspace: "/work",
} as const;

/** What a unit's run leaves in the container. All else that it writes is gone afterwards. Absolute paths. */
export interface UnitOutput {
  readonly directory: string;
  /** The unit's own files: those of its `--out-dir`, or of its OUT_DIR. */
  readonly files: string;
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status, in decimal; 128 and the signal's number for who was killed. Of a stage, its contents behind it. */
  readonly status: string;
  /** The three together, for who has to ask for each file: `readResult` takes them apart. */
  readonly result: string;
  /** What the unit is, as a URL (`unit-url.ts`). By its name the first in an archive of the directory. */
  readonly label: string;
}

/** Names of what is in the directory of a unit's output: in Cargo's target directories OUT_DIR is called `out`. */
export function outputIn(directory: string): UnitOutput {
  const at = (name: string) => `${directory}/${name}`;
  const streams = { stdout: at("stdout"), stderr: at("stderr"), status: at("status"), result: at("result") };
  return { directory, files: at("out"), ...streams, label: at(".unit") };
}

/** Where a unit's output is that does not mind. */
export const OUTPUT: UnitOutput = outputIn("/out");

/**
 * One run of a program in a container, as plain data: a compilation, or a build script's run. As LLB, BuildKit solves
 * it; as a Containerfile, podman builds it, and people read it. Paths are absolute and of the container, unless said
 * otherwise. Two equal ones are the same run.
 */
export interface ContainerUnit {
  /** As a person knows it: `ring 0.17.14 (build script run)`. Not part of what is run. */
  readonly name: string;
  /**
   * What it is a run of. A builder keeps it with the result, so that `cache ls --buildkit` knows what that is. It says
   * nothing that base, environment and arguments do not say, or runs that are equal would differ by it.
   */
  readonly identity?: UnitIdentity | undefined;
  readonly base: ContainerBase;
  /** What it sees beside the base, read-only; nothing is below another one's target. */
  readonly inputs: readonly ContainerInput[];
  /** Exactly what it sees: nothing of the base image's configuration, nothing of the builder's. */
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  /** The program and its arguments. It writes to its output's `files`, a directory that is there and empty. */
  readonly argv: readonly [string, ...string[]];
  /** The directory of its output, see `outputIn`. No input is at or below it. */
  readonly output: string;
  /** False: no network but a loopback interface. */
  readonly network: boolean;
}

/** The file system that a unit starts from. */
export type ContainerBase =
  /** An image, `name@sha256:…`, for one platform (`linux/amd64`). */
  | { readonly kind: "image"; readonly reference: string; readonly platform: string }
  /** The last stage of a Containerfile that starts from an image. */
  | { readonly kind: "stage"; readonly containerfile: string; readonly platform: string };

/** Something that a unit sees at a path of the container. */
export type ContainerInput =
  /** A directory of this machine. */
  | { readonly kind: "tree"; readonly target: string; readonly tree: LocalTree }
  /** A file of this machine, by its content. */
  | { readonly kind: "file"; readonly target: string; readonly file: LocalFile }
  /** A file or directory that another unit left, `path` being relative to its output's `files` (`""` for all of them). */
  | { readonly kind: "output"; readonly target: string; readonly unit: ContainerUnit; readonly path: string };

/** Files of a directory of this machine. */
export interface LocalTree {
  /** Absolute path on this machine. */
  readonly directory: string;
  /** What decides about the content: a registry's checksum, a commit, or a digest of all files. */
  readonly identity: string;
  /**
   * Those of its files, and of its directories without any, that are shown, relative to it, sorted bytewise; undefined
   * for all of them.
   * For a workspace's packages, `.dockerignore` and `.gitignore` were applied.
   */
  readonly files: readonly string[] | undefined;
}

/** One file of this machine. */
export interface LocalFile {
  /** Absolute path on this machine. */
  readonly path: string;
  readonly digest: Digest;
  readonly executable: boolean;
}
