// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { MAX_ENTRIES } from "./limits.ts";

/** What a layer is known to hold, by path. */
export interface ExpectedFile {
  /** Bytes; undefined where that is not known before. */
  readonly size: number | undefined;
}

/** An entry of a layer's archive, as it says itself. */
export interface LayerEntry {
  readonly name: string;
  /** `other`: a link, a device, a sparse file and the like. */
  readonly kind: "file" | "directory" | "other";
  /** Bytes. */
  readonly size: number;
}

/**
 * What is demanded of the entries of a layer that comes from elsewhere: what is expected, each file once and of the size
 * that is expected of it, all of them. Other files are passed over, as a layer outlives units that were in it; so no
 * path is ever made of what the archive says. Links, devices and paths that lead upwards or from the root are in no
 * layer of ours. Throws GreenError "corrupt" with `what` in it.
 */
export class LayerCheck<T extends ExpectedFile> {
  readonly #what: string;
  readonly #expected: ReadonlyMap<string, T>;
  readonly #seen = new Set<string>();

  constructor(what: string, expected: ReadonlyMap<string, T>) {
    this.#what = what;
    this.#expected = expected;
  }

  /** What is expected of an entry; undefined for one to pass over. To be called for each of them. */
  enter({ name, kind, size }: LayerEntry): T | undefined {
    if (this.#seen.size >= MAX_ENTRIES) this.refuse("has too many files");
    if (!isBelow(name)) this.refuse(`has a file outside of it: "${printable(name)}"`);
    if (this.#seen.has(name)) this.refuse(`has "${printable(name)}" twice`);
    this.#seen.add(name);
    if (kind === "other" || (kind === "directory") !== name.endsWith("/"))
      this.refuse(`has something else than a file at "${printable(name)}"`);
    const known = kind === "file" ? this.#expected.get(name) : undefined;
    if (known?.size !== undefined && size !== known.size)
      this.refuse(`has "${printable(name)}" of another size`);
    return known;
  }

  /** To be called behind the last entry. */
  end(): void {
    for (const name of this.#expected.keys())
      if (!this.#seen.has(name)) this.refuse("lacks files that its records name");
  }

  refuse(reason: string): never {
    throw new GreenError("corrupt", `${this.#what} ${reason}`);
  }
}

function isBelow(name: string): boolean {
  return name
    .replace(/\/$/, "")
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== "..");
}

function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an archive's names may be anything
  return name.slice(0, 200).replaceAll(/[\x00-\x1f\x7f]/g, "?");
}
