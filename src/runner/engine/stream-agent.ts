// SPDX-License-Identifier: MIT OR Apache-2.0
import { Agent, type ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import type { StreamOpener } from "../stream/stream-opener.ts";

/**
 * Node's HTTP client over any streams to one place. A stream that is free is used again, so that requests that come one
 * after the other, and an upgrade at their end, share one: over ssh, that is one login.
 */
export class StreamAgent extends Agent {
  readonly #open: StreamOpener;
  readonly #streams = new Set<Duplex>();
  readonly #closing = new AbortController();

  constructor(open: StreamOpener) {
    super({ keepAlive: true, maxFreeSockets: 1 });
    this.#open = open;
  }

  /** All streams lead to the same place, whatever a request calls it. */
  override getName(): string {
    return "";
  }

  override createConnection(
    _options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#open(this.#closing.signal).then(
      (stream) => {
        this.#streams.add(stream);
        stream.once("close", () => this.#streams.delete(stream));
        callback?.(null, stream);
      },
      // Node's own implementations give no stream with an error either.
      (thrown: Error) => (callback as ((error: Error) => void) | undefined)?.(thrown),
    );
  }

  /** Ends all streams, those that were upgraded too. */
  override destroy(): void {
    super.destroy();
    this.#closing.abort(new Error("The connection was closed"));
    for (const stream of this.#streams) stream.destroy();
  }
}
