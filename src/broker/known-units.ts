// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Digest, InstanceId, UnitKey } from "../unit/digest.ts";
import type { Closure, Privacy, UnitIdentity, UnitRecord } from "../unit/record.ts";

/** What a unit needs to know of one that it was compiled against. */
export interface KnownUnit {
  readonly key: UnitKey;
  readonly instance: InstanceId;
  readonly identity: UnitIdentity;
  readonly privacy: Privacy;
  readonly closure: Closure;
  /** Resolves to false if this unit's record was not made, so that none may be made on top of it. */
  readonly recorded: Promise<boolean>;
}

/** What the store remembers of files that cargo-green put or saw in a target directory. */
export interface RememberedUnits {
  artifact(path: string): { readonly digest: Digest; readonly instance: InstanceId } | undefined;
  byInstance(instance: InstanceId): UnitRecord | undefined;
  digestFile(path: string): Promise<Digest>;
}

/** Says whose result a file in a target directory is: of this build, or of an earlier one that Cargo found fresh. */
export class KnownUnits {
  readonly #remembered: RememberedUnits;
  readonly #units = new Map<string, () => Promise<KnownUnit | undefined>>();

  constructor(remembered: RememberedUnits) {
    this.#remembered = remembered;
  }

  /** Announces the unit that is about to write these files; `resolve` is asked once, when a dependent comes. */
  announce(path: string, resolve: () => Promise<KnownUnit | undefined>): void {
    let answer: Promise<KnownUnit | undefined> | undefined;
    this.#units.set(stem(path), () => {
      answer ??= resolve();
      return answer;
    });
  }

  /** The unit that made this rlib, rmeta, dynamic library or executable; undefined if it cannot be told. */
  async at(path: string): Promise<KnownUnit | undefined> {
    const announced = this.#units.get(stem(path));
    if (announced !== undefined) return announced();
    const artifact = this.#remembered.artifact(path);
    if (artifact === undefined) return undefined;
    if ((await this.#remembered.digestFile(path)) !== artifact.digest) return undefined;
    const record = this.#remembered.byInstance(artifact.instance);
    return record === undefined ? undefined : knownFromRecord(record);
  }
}

/** A unit that lies in the store. */
export function knownFromRecord(record: UnitRecord): KnownUnit {
  const { key, instance, identity, privacy, closure } = record;
  return { key, instance, identity, privacy, closure, recorded: Promise.resolve(true) };
}

/** An rmeta and the rlib beside it are one unit's. */
function stem(path: string): string {
  return path.replace(/\.(rmeta|rlib)$/, "");
}
