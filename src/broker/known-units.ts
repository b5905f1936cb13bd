// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Digest, InstanceId, UnitKey } from "../unit/digest.ts";
import type { Closure, OutputFile, Privacy, UnitIdentity, UnitRecord, UnitResult } from "../unit/record.ts";

/** What a unit needs to know of one that it was compiled against. */
export interface KnownUnit {
  readonly key: UnitKey;
  readonly instance: InstanceId;
  readonly identity: UnitIdentity;
  readonly closure: Closure;
  /**
   * Resolves when its record was made to the class that this has: it is known only when the outputs were searched.
   * To undefined if the record was not made, so that none may be made on top of it.
   */
  readonly recorded: Promise<Privacy | undefined>;
}

/** A build script's run, as far as those who use what it generated inherit from it. */
export interface GeneratedFiles extends Pick<KnownUnit, "identity" | "recorded"> {
  /** The package's `links`, by which other scripts get what it printed as `DEP_<LINKS>_*`. */
  readonly links: string | undefined;
  /** What it printed, latin1 with placeholders; undefined if that is not known. */
  readonly printed: Promise<string | undefined>;
}

/** What recognising a unit by its files takes. */
export interface RecordedUnits {
  withOutput(digest: Digest): readonly UnitRecord[];
  byInstance(instance: InstanceId): UnitRecord | undefined;
  digestFile(path: string): Promise<Digest>;
}

/** Outputs that other units are made from; the rest (dep-info, debug information beside) does not tell units apart. */
const LINKABLE = /\.(rlib|rmeta|so|dylib)$/;

/**
 * Says whose result a file in a target directory is: of this build, or of an earlier one that Cargo found fresh.
 * The latter is told by content: its bytes, and those of everything below it that lies in place, must be a record's.
 * A path would not do: after a plain `cargo build` the same bytes may stand on another dependency.
 */
export class KnownUnits {
  readonly #recorded: RecordedUnits;
  readonly #announced = new Map<string, () => Promise<KnownUnit | undefined>>();
  readonly #inPlace = new Map<string, Promise<boolean>>();
  readonly #generated = new Map<string, GeneratedFiles>();

  constructor(recorded: RecordedUnits) {
    this.#recorded = recorded;
  }

  /** Announces the unit that is about to write these files; `resolve` is asked once, when a dependent comes. */
  announce(path: string, resolve: () => Promise<KnownUnit | undefined>): void {
    let answer: Promise<KnownUnit | undefined> | undefined;
    this.#announced.set(stem(path), () => {
      answer ??= resolve();
      return answer;
    });
  }

  /** Announces the build script's run that fills a directory. */
  announceGenerated(outDir: string, generated: GeneratedFiles): void {
    this.#generated.set(outDir, generated);
  }

  /** The run that filled a directory; undefined if that was in an earlier build. */
  generatedIn(outDir: string): GeneratedFiles | undefined {
    return this.#generated.get(outDir);
  }

  /** The runs that a variable `DEP_<LINKS>_<KEY>` may be of; several, as both parts may have an underscore. */
  linkedBy(variable: string): readonly GeneratedFiles[] {
    return [...this.#generated.values()].filter(
      ({ links }) => links !== undefined && variable.startsWith(`DEP_${upperCase(links)}_`),
    );
  }

  /**
   * The unit that made this rlib, rmeta, dynamic library or executable; undefined if it cannot be told.
   * @param directories where what it was compiled against may lie, besides the file's own directory
   */
  async at(path: string, directories: readonly string[]): Promise<KnownUnit | undefined> {
    const announced = this.#announced.get(stem(path));
    if (announced !== undefined) return announced();
    const digest = await this.#recorded.digestFile(path).catch(() => undefined);
    if (digest === undefined) return undefined;
    const around = [...new Set([dirname(path), ...directories])];
    for (const record of this.#recorded.withOutput(digest)) {
      if (await this.#isInPlace(record, around)) return knownFromRecord(record);
    }
    return undefined;
  }

  #isInPlace(record: UnitRecord, directories: readonly string[]): Promise<boolean> {
    const question = [record.instance, ...directories].join("\0");
    const known = this.#inPlace.get(question);
    if (known !== undefined) return known;
    const answer = this.#check(record, directories);
    this.#inPlace.set(question, answer);
    return answer;
  }

  async #check(record: UnitRecord, directories: readonly string[]): Promise<boolean> {
    const files = record.outputs.filter(
      ({ path, role }) => LINKABLE.test(path) || role === "real-build-script",
    );
    const found = await Promise.all(files.map((output) => this.#holds(output, directories)));
    if (found.includes(false)) return false;
    // Executable code stands by itself: what it was made from plays no part any more.
    if (record.identity.kind === "proc-macro" || record.identity.kind === "build-script") return true;
    const below = await Promise.all(
      record.dependencies.map(async (instance) => {
        const dependency = this.#recorded.byInstance(instance);
        return dependency !== undefined && (await this.#isInPlace(dependency, directories));
      }),
    );
    return !below.includes(false);
  }

  async #holds({ path, digest }: OutputFile, directories: readonly string[]): Promise<boolean> {
    for (const directory of directories) {
      const file = join(directory, path);
      if (existsSync(file) && (await this.#recorded.digestFile(file)) === digest) return true;
    }
    return false;
  }
}

/** A unit that lies in the store. */
export function knownFromRecord(record: UnitResult): KnownUnit {
  const { key, instance, identity, privacy, closure } = record;
  return { key, instance, identity, closure, recorded: Promise.resolve(privacy) };
}

/** As Cargo spells names in variables (`envify` in its util). */
function upperCase(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** An rmeta and the rlib beside it are one unit's. */
function stem(path: string): string {
  const isOneOfBoth = path.endsWith(".rmeta") || path.endsWith(".rlib");
  return isOneOfBoth ? path.slice(0, path.lastIndexOf(".")) : path;
}
