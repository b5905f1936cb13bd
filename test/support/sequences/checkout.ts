// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { touch, writeFiles } from "../files.ts";
import type { Variants } from "./model.ts";
import {
  fixedFiles,
  LINKS,
  placeOf,
  SOURCE_NAMES,
  SOURCES,
  type Source,
  type SourceName,
} from "./sources.ts";
import type { FileTime } from "./steps.ts";

/** What all checkouts of a world have in common. */
export interface CheckoutContents {
  /** URL of the git repository that they depend on. */
  readonly upstream: string;
  /** A lockfile per variant. */
  readonly locks: readonly string[];
  /** The time of all files of a new checkout. */
  readonly time: Date;
}

const HOUR_MS = 3_600_000;

/** One copy of the project on disk. */
export class Checkout {
  readonly #contents: CheckoutContents;
  readonly #variants: Record<SourceName, number>;
  /** The time that a file had when it last was in a variant, by `NAME VARIANT`. */
  readonly #times = new Map<string, Date>();

  constructor(directory: string, contents: CheckoutContents) {
    this.#contents = contents;
    this.#variants = Object.fromEntries(SOURCE_NAMES.map((name) => [name, 0])) as Record<SourceName, number>;
    this.#writeAll(directory);
    setTimes(directory, contents.time);
  }

  get variants(): Variants {
    return this.#variants;
  }

  edit(directory: string, name: SourceName, variant: number, time: FileTime): void {
    this.#variants[name] = variant;
    this.#write(directory, name);
    this.#setTime(directory, name, time);
  }

  touch(directory: string, name: SourceName, time: FileTime): void {
    this.#setTime(directory, name, time);
  }

  /** Removes all but what was built, and writes the same again, as new files. */
  cloneAgain(directory: string): void {
    for (const place of [directory, join(directory, "ws")]) {
      for (const name of readdirSync(place)) {
        if (name !== "ws" && name !== "target") rmSync(join(place, name), { recursive: true });
      }
    }
    this.#writeAll(directory);
    for (const name of SOURCE_NAMES) this.#setTime(directory, name, "now");
  }

  #writeAll(directory: string): void {
    writeFiles(directory, fixedFiles(this.#contents.upstream));
    for (const [link, to] of Object.entries(LINKS)) symlinkSync(to, join(directory, link));
    for (const name of SOURCE_NAMES) this.#write(directory, name);
  }

  #write(directory: string, name: SourceName): void {
    const source: Source = SOURCES[name];
    const variant = this.#variants[name];
    const { locks } = this.#contents;
    const place = placeOf(source, variant, locks);
    for (const path of [source.path, ...(source.moved === undefined ? [] : [source.moved])]) {
      if (path !== place) rmSync(join(directory, path), { force: true });
    }
    if (place !== undefined) writeFiles(directory, { [place]: source.text(variant, locks) ?? "" });
  }

  #setTime(directory: string, name: SourceName, time: FileTime): void {
    const variant = this.#variants[name];
    const place = placeOf(SOURCES[name], variant, this.#contents.locks);
    if (place === undefined) return;
    const then = this.#times.get(`${name} ${variant}`) ?? this.#contents.time;
    const date = { now: new Date(), "as then": then, "in an hour": new Date(Date.now() + HOUR_MS) }[time];
    touch(join(directory, place), date);
    this.#times.set(`${name} ${variant}`, date);
  }
}

function setTimes(directory: string, time: Date): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    utimesSync(join(directory, name), time, time);
  }
}
