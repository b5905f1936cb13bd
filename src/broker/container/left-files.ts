// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";
import { findRoots, type PathRoots } from "../../cargo/roots.ts";
import type { Arrived } from "../../runner/container/container-runner.ts";
import type { Digest } from "../../unit/digest.ts";
import type { LeftFile, UnitToRun } from "../unit-runner.ts";
import type { Places } from "./places.ts";

/** What there is to know of a file that a unit left in a container. */
interface ArrivedFile extends LeftFile {
  /** True if it says where the unit was run, see `tellsPlaces`. */
  readonly tellsPlaces: boolean;
}

/** What was found out about a unit's files while their bytes were in memory: they need not be read again for it. */
export class LeftFiles {
  readonly #files = new Map<string, ArrivedFile>();
  readonly #isRustc: boolean;
  readonly #here: PathRoots;
  readonly #telling: PathRoots;

  constructor(
    { isRustc, roots }: Pick<UnitToRun, "isRustc" | "roots">,
    { telling }: Pick<Places, "telling">,
  ) {
    this.#isRustc = isRustc;
    this.#here = roots;
    this.#telling = telling;
  }

  /** By path in the directory that the unit left. */
  get byPath(): ReadonlyMap<string, ArrivedFile> {
    return this.#files;
  }

  readonly arrived: Arrived = (path, bytes) => {
    if (bytes === undefined) {
      this.#files.delete(path);
      return;
    }
    this.#files.set(path, {
      digest: hash("sha256", bytes, "hex") as Digest,
      size: bytes.length,
      roots: findRoots(bytes, this.#here),
      tellsPlaces: namesPlaces(bytes, this.#isRustc, this.#telling),
    });
  };
}

/**
 * True if a file of a unit says where that was run. Of what a script left only texts count: in what it had compiled, a
 * path is only where sources were.
 */
export function namesPlaces(bytes: Buffer, isRustc: boolean, telling: PathRoots): boolean {
  return findRoots(bytes, telling).length > 0 && (isRustc || !bytes.includes(0));
}
