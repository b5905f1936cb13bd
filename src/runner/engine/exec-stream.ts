// SPDX-License-Identifier: MIT OR Apache-2.0
import { Duplex } from "node:stream";
import { FrameReader } from "./docker-frames.ts";

/** 4 KiB: what a program says before it gives up. */
const STDERR_CHARACTERS = 4096;

/**
 * The input and output of a program in a container, out of the connection that an engine's exec became. If the program
 * ends after it wrote to its standard error, the stream ends with the error that `failure` makes of that.
 */
export class ExecStream extends Duplex {
  readonly #connection: Duplex;
  readonly #frames = new FrameReader();
  #stderr = "";

  constructor(connection: Duplex, failure: (stderr: string) => Error) {
    super({ allowHalfOpen: false });
    this.#connection = connection;
    connection.on("data", (chunk: Buffer) => {
      for (const { stream, bytes } of this.#frames.read(chunk)) {
        if (stream === "stderr") this.#stderr = (this.#stderr + String(bytes)).slice(-STDERR_CHARACTERS);
        else if (!this.push(bytes)) connection.pause();
      }
    });
    connection.on("error", (error) => this.destroy(error));
    connection.on("close", () => {
      const words = this.#stderr.trim();
      if (words === "") this.push(null);
      else this.destroy(failure(words));
    });
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#connection.write(chunk, callback);
  }

  override _final(callback: () => void): void {
    this.#connection.end();
    callback(); // what is gone already would never call it
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#connection.destroy();
    callback(error);
  }
}
