// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Duplex } from "node:stream";

/** How a stream began: its other end spoke, or said nothing for as long as was waited. */
export type FirstWord = "spoken" | "silent";

/**
 * Waits for a server that speaks first, without taking anything out of the stream: what goes wrong only after a
 * connection is there (TLS alerts, a program that ends) is heard in time to say so.
 *
 * @param waitMs so long at most, milliseconds
 * @throws what the stream fails with; "The connection broke" if it just ends; the signal's reason
 */
export function firstWord(
  stream: Duplex,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<FirstWord> {
  const { promise, resolve, reject } = Promise.withResolvers<FirstWord>();
  const speak = () => {
    if (stream.readableLength > 0) resolve("spoken");
  };
  const end = () => reject(Object.assign(new Error("The connection broke"), { code: "ECONNRESET" }));
  const abort = () => reject(signal?.reason);
  const timer = setTimeout(() => resolve("silent"), waitMs);
  stream.on("readable", speak).on("error", reject).on("end", end).on("close", end);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    stream.off("readable", speak).off("error", reject).off("end", end).off("close", end);
  });
}

/** SETTINGS: what a server's side of HTTP/2 begins with (RFC 9113, section 3.4). */
const SETTINGS_FRAME = 4;

/**
 * What a stream begins with that does not begin as a server of HTTP/2 does, as text; undefined if it does. Of a stream
 * that has spoken; nothing is taken out of it.
 */
export function notHttp2(stream: Duplex): string | undefined {
  const bytes: Buffer | null = stream.read();
  if (bytes === null) return undefined;
  stream.unshift(bytes);
  // A frame's header has its type behind three bytes of length.
  return (bytes[3] ?? SETTINGS_FRAME) === SETTINGS_FRAME ? undefined : String(bytes).trim();
}
