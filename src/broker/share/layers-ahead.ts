// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Descriptor, OciDigest } from "../../remote/descriptor.ts";
import type { Remote, RequestOptions } from "../../remote/remote.ts";
import type { UnitStore } from "../../store/store.ts";

/** Blobs of a remote, by what takes units from there. */
export type LayerSource = Pick<Remote, "name" | "blob">;

/** Layers whose units this machine has, or does not want: digests of those that were taken or sent. */
const NAMESPACE = "layers";
/** No more are asked for ahead. */
const MOST = 6;

interface Begun {
  readonly pieces: AsyncIterator<Uint8Array>;
  readonly first: Promise<IteratorResult<Uint8Array>>;
}

/**
 * Layers that are asked for as soon as a manifest names them, while the config still comes that says what they hold:
 * a round trip less, and the connection's. Each waits at its first piece until somebody wants it.
 */
export class LayersAhead implements LayerSource {
  readonly name: string;
  readonly #remote: LayerSource;
  readonly #begun = new Map<OciDigest, Begun>();

  constructor(remote: LayerSource) {
    this.name = remote.name;
    this.#remote = remote;
  }

  /** Asks for those that are new here, the largest first; what goes wrong is heard of by who wants them. */
  begin(layers: readonly Descriptor[], store: Pick<UnitStore, "memo">, options: RequestOptions): void {
    const news = layers.filter(({ digest }) => store.memo(NAMESPACE, digest) === undefined);
    for (const layer of news.sort((a, b) => b.size - a.size).slice(0, MOST)) {
      const pieces = this.#remote.blob(layer, options)[Symbol.asyncIterator]();
      const first = pieces.next();
      first.catch(() => {});
      this.#begun.set(layer.digest, { pieces, first });
    }
  }

  /** The layer that was asked for, once; any other as the remote gives it. */
  blob(layer: Descriptor, options?: RequestOptions): AsyncIterable<Uint8Array> {
    const begun = this.#begun.get(layer.digest);
    this.#begun.delete(layer.digest);
    return begun === undefined ? this.#remote.blob(layer, options) : resumed(begun);
  }

  /** Leaves those that nobody wanted. */
  leave(): void {
    for (const { pieces } of this.#begun.values()) void pieces.return?.().catch(() => {});
    this.#begun.clear();
  }
}

/** Notes that these layers are nothing new here any more. */
export function noteLayers(layers: readonly Descriptor[], store: Pick<UnitStore, "remember">): void {
  for (const { digest } of layers) store.remember(NAMESPACE, digest, "");
}

async function* resumed({ pieces, first }: Begun): AsyncGenerator<Uint8Array> {
  try {
    for (let next = await first; next.done !== true; next = await pieces.next()) yield next.value;
  } finally {
    await pieces.return?.();
  }
}
