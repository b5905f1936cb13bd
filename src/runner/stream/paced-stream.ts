// SPDX-License-Identifier: MIT OR Apache-2.0
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { Http2Cutter } from "./http2-cutter.ts";

/** A stream on which Node can speak HTTP/2, by whatever it is carried. */
export function forHttp2(stream: Duplex): Duplex {
  return stream instanceof Socket ? stream : new PacedStream(stream);
}

/**
 * A stream on which Node can speak HTTP/2 although it is no socket: it gets one frame in each turn of the event loop.
 *
 * All frames that come in one piece Node (24, `JSStreamSocket`) works off before anything else runs, so that a response
 * that is there at once with its end is thrown away before whoever asked could begin to read it. Over a socket of the
 * system there is a pause after each frame.
 */
class PacedStream extends Duplex {
  readonly #inner: Duplex;
  readonly #cutter = new Http2Cutter();
  readonly #waiting: Buffer[] = [];
  #wanted = false;
  #pacing = false;

  constructor(inner: Duplex) {
    // At most one piece lies ready, as all that do are taken at once.
    super({
      allowHalfOpen: false,
      readableHighWaterMark: 1,
      writableHighWaterMark: inner.writableHighWaterMark,
    });
    this.#inner = inner;
    inner.on("data", (chunk: Buffer) => {
      this.#waiting.push(...this.#cutter.cut(chunk));
      inner.pause();
      this.#next();
    });
    inner.on("end", () => {
      // Behind what is waiting.
      this.#waiting.push(END);
      this.#next();
    });
    inner.on("error", (error) => this.destroy(error));
    inner.on("close", () => {
      if (!inner.readableEnded) this.destroy();
    });
  }

  override _read(): void {
    this.#wanted = true;
    this.#next();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#inner.write(chunk, encoding, callback);
  }

  override _final(callback: () => void): void {
    this.#inner.end();
    callback(); // what is gone already would never call it
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#inner.destroy();
    callback(error);
  }

  #next(): void {
    if (!this.#wanted || this.#pacing || this.destroyed) return;
    const piece = this.#waiting.shift();
    if (piece === undefined) {
      this.#inner.resume();
      return;
    }
    this.#pacing = true;
    setImmediate(() => {
      this.#pacing = false;
      this.#wanted = false;
      this.push(piece === END ? null : piece);
      this.#next();
    });
  }
}

/** Stands for the end of the stream. */
const END = Buffer.alloc(0);
