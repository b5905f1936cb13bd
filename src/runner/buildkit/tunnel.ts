// SPDX-License-Identifier: MIT OR Apache-2.0
import { Duplex } from "node:stream";
import { create } from "@bufbuild/protobuf";
import { type BytesMessage, BytesMessageSchema } from "./proto/control_pb.ts";

/** Opens a call in both directions, which the signal ends. */
export type TunnelCall = (
  outgoing: AsyncIterable<BytesMessage>,
  signal: AbortSignal,
) => AsyncIterable<BytesMessage>;

/** 1 MiB: receivers of gRPC take 4 MiB by default. */
const MESSAGE_BYTES = 1024 * 1024;

/** A stream of bytes within a gRPC call of `BytesMessage` in both directions. Ends, or breaks, as the call does. */
export function openTunnel(call: TunnelCall): Duplex {
  const outgoing = new Outgoing();
  const ended = new AbortController();
  let wanted = () => {};
  const tunnel = new Duplex({
    read: () => wanted(),
    // What HTTP/2 frames are made of comes in many pieces, and each message costs more than they do.
    writev: (pieces, done) => outgoing.put(Buffer.concat(pieces.map(({ chunk }) => chunk)), done),
    final: (done) => outgoing.put(undefined, done),
    destroy: (error, done) => {
      ended.abort();
      wanted();
      done(error);
    },
  });
  const receive = async () => {
    for await (const { data } of call(outgoing.messages(), ended.signal)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wanted = resolve;
      if (!tunnel.push(data)) await promise;
    }
    tunnel.push(null);
  };
  receive().catch((error: Error) => tunnel.destroy(error));
  return tunnel;
}

/** What is written, one piece at a time: the next one is taken when the call has taken this. */
class Outgoing {
  #waiting: { readonly chunk: Buffer | undefined; taken(): void }[] = [];
  #wake = () => {};

  put(chunk: Buffer | undefined, taken: () => void): void {
    this.#waiting.push({ chunk, taken });
    this.#wake();
  }

  async *messages(): AsyncGenerator<BytesMessage, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
        continue;
      }
      const { chunk, taken } = next;
      if (chunk === undefined) return taken();
      for (let at = 0; at < chunk.length; at += MESSAGE_BYTES) {
        yield create(BytesMessageSchema, { data: chunk.subarray(at, at + MESSAGE_BYTES) });
      }
      taken();
    }
  }
}
