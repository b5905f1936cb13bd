// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Descriptor } from "../descriptor.ts";
import type { StoredManifest } from "../remote.ts";
import { readBlob } from "./read-blob.ts";
import { readManifest } from "./read-manifest.ts";
import type { RegistrySession } from "./registry-session.ts";

/**
 * Reads from mirrors, in their order, before the registry that they mirror. A mirror that does not have something is
 * passed over; one that cannot be reached is not asked again. What is there and which tags there are only the registry
 * itself knows.
 */
export class MirroredReader {
  readonly #origin: RegistrySession;
  readonly #mirrors: readonly RegistrySession[];
  readonly #dead = new Set<RegistrySession>();

  constructor(origin: RegistrySession, mirrors: readonly RegistrySession[]) {
    this.#origin = origin;
    this.#mirrors = mirrors;
  }

  async manifest(reference: string, signal: AbortSignal | undefined): Promise<StoredManifest | undefined> {
    for (const mirror of this.#living()) {
      const found = await readManifest(mirror, reference, signal).catch((thrown) =>
        this.#pass(mirror, thrown, signal),
      );
      if (found !== undefined) return found;
    }
    return readManifest(this.#origin, reference, signal);
  }

  /** Nothing can be taken back: once a mirror has given bytes, the rest is its own too. */
  async *blob(
    descriptor: Descriptor,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (const mirror of this.#living()) {
      let begun = false;
      try {
        for await (const piece of readBlob(mirror, descriptor, signal)) {
          begun = true;
          yield piece;
        }
        return;
      } catch (thrown) {
        if (begun) throw thrown;
        this.#pass(mirror, thrown, signal);
      }
    }
    yield* readBlob(this.#origin, descriptor, signal);
  }

  #living(): readonly RegistrySession[] {
    return this.#mirrors.filter((mirror) => !this.#dead.has(mirror));
  }

  #pass(mirror: RegistrySession, thrown: unknown, signal: AbortSignal | undefined): undefined {
    signal?.throwIfAborted();
    if (!(thrown instanceof GreenError) || thrown.code === "usage") throw thrown;
    if (thrown.code === "unreachable" || thrown.code === "denied") this.#dead.add(mirror);
  }
}
