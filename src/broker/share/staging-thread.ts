// SPDX-License-Identifier: MIT OR Apache-2.0
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { type ErrorCode, GreenError } from "../../error.ts";
import { gather } from "../../remote/format/arriving-bytes.ts";
import type { LayerToStage, StageLayer } from "./stage-layer.ts";

/** What the thread is told: of a layer, how much of it has come by now, and that the rest does not. */
export type ToThread =
  | {
      readonly kind: "layer";
      readonly number: number;
      readonly memory: SharedArrayBuffer;
      /** Of the layer, in bytes: memory may be larger. */
      readonly size: number;
      readonly layer: LayerToStage;
    }
  | { readonly kind: "arrived"; readonly number: number; readonly count: number }
  | { readonly kind: "lost"; readonly number: number };

/** What it says of a layer in the end. */
export interface StagedLayer {
  readonly number: number;
  readonly failure:
    | { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined }
    | undefined;
}

/** Beside this file, in source and as a bundle. */
const PROGRAM = join(import.meta.dirname, `stage-thread${extname(import.meta.filename)}`);
/** The thread is told when so much more has come. */
const PIECE = 256 * 1024; // 256 KiB
/** The least that memory is taken for. */
const LEAST = 1024 * 1024; // 1 MiB

/**
 * Stages layers in a thread of its own: decompressing, digesting and writing would keep this one from hearing remotes,
 * and what is held meanwhile would have all of its heap collected again and again.
 */
export class StagingThread {
  readonly #worker = new Worker(PROGRAM, { execArgv: [] });
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  /** Memory of layers that are done: V8 does not see how large shared memory is, and would collect it late. */
  readonly #spare: SharedArrayBuffer[] = [];
  #layers = 0;
  #ended: GreenError | undefined;

  constructor() {
    this.#worker.on("message", (staged: StagedLayer) => this.#take(staged));
    this.#worker.on("error", (thrown) => this.#fail(thrown));
    this.#worker.on("exit", () => this.#fail(new Error("The thread that unpacks has ended")));
    this.#worker.unref(); // a listener keeps it
  }

  /** Throws as `stageLayer` does, and "internal" if the thread ends. */
  readonly stage: StageLayer = async (content, size, layer) => {
    if (this.#ended !== undefined) throw this.#ended;
    const number = this.#layers++;
    const memory = this.#memoryFor(size);
    const staged = Promise.withResolvers<void>();
    staged.promise.catch(() => {}); // heard of when all has come
    this.#waiting.set(number, staged);
    this.#worker.ref(); // somebody waits for it
    this.#tell({ kind: "layer", number, memory, size, layer });
    let told = 0;
    try {
      await gather(content, new Uint8Array(memory, 0, size), (count) => {
        if (count < size && count < told + PIECE) return;
        told = count;
        this.#tell({ kind: "arrived", number, count });
      });
    } catch (thrown) {
      this.#tell({ kind: "lost", number });
      throw thrown;
    } finally {
      await staged.promise.catch(() => {}); // it neither reads nor writes any more
      this.#spare.push(memory);
    }
    await staged.promise;
  };

  /** Ends it; what is not staged yet fails. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Used again where it can be, and else of a size that many layers have in common. */
  #memoryFor(size: number): SharedArrayBuffer {
    const at = this.#spare.findIndex(({ byteLength }) => byteLength >= size);
    const [spare] = at < 0 ? [] : this.#spare.splice(at, 1);
    return spare ?? new SharedArrayBuffer(2 ** Math.ceil(Math.log2(Math.max(size, LEAST))));
  }

  #tell(told: ToThread): void {
    this.#worker.postMessage(told);
  }

  #take({ number, failure }: StagedLayer): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (failure === undefined) {
      waiting?.resolve();
    } else {
      const { code, message, hint } = failure;
      waiting?.reject(new GreenError(code, message, hint === undefined ? {} : { hint }));
    }
  }

  #fail(thrown: unknown): void {
    this.#ended ??= GreenError.from(thrown);
    for (const each of this.#waiting.values()) each.reject(this.#ended);
    this.#waiting.clear();
  }
}
