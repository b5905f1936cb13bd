// SPDX-License-Identifier: MIT OR Apache-2.0
import { type Agent, type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";

/** What a stream is asked to become. */
export interface Upgrade {
  readonly agent: Agent;
  /** `Host` header. */
  readonly host: string;
  readonly path: string;
  /** `h2c` */
  readonly protocol: string;
  readonly signal?: AbortSignal | undefined;
}

/** What an upgrade came to. */
export type Upgraded =
  | { readonly kind: "upgraded"; readonly stream: Duplex }
  /** An answer of another kind, and the beginning of what it says. */
  | { readonly kind: "answered"; readonly status: number; readonly text: string };

/** 4 KiB: enough for what an engine says of an error. */
const MAX_TEXT_BYTES = 4096;

/**
 * Asks for a stream on which something else than HTTP/1.1 is spoken from then on (RFC 9110, section 7.8). What came
 * behind the answer is still in the stream. Throws what the agent's streams fail with, or the signal's reason.
 */
export function upgrade({ agent, host, path, protocol, signal }: Upgrade): Promise<Upgraded> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Upgraded>();
  const asked = request({
    ...{ agent, path, method: "POST" },
    headers: { Host: host, Connection: "Upgrade", Upgrade: protocol, "Content-Length": 0 },
  });
  const abort = () => {
    reject(signal?.reason);
    asked.destroy();
  };
  signal?.addEventListener("abort", abort, { once: true });
  asked.on("upgrade", (_answer, stream, head) => {
    if (head.length > 0) stream.unshift(head);
    resolve({ kind: "upgraded", stream });
  });
  asked.on("response", (answer) => {
    const { statusCode: status = 0 } = answer;
    beginning(answer).then((text) => resolve({ kind: "answered", status, text }), reject);
  });
  asked.on("error", reject);
  asked.end();
  return promise.finally(() => signal?.removeEventListener("abort", abort));
}

async function beginning(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer) {
    text += String(chunk);
    if (text.length > MAX_TEXT_BYTES) break;
  }
  return text.slice(0, MAX_TEXT_BYTES);
}
