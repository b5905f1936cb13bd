// SPDX-License-Identifier: MIT OR Apache-2.0
import { connect } from "node:tls";

/** Who does not answer on this machine within this, however busy it is, does not answer: 10 s. */
const PROBE_MS = 10_000;

/**
 * False if whoever listens there answers a TLS handshake with something else, as plain HTTP servers do. Certificates
 * are not looked at, and nothing is sent: it only tells how to ask.
 */
export function speaksTls(host: string, port: number, signal: AbortSignal | undefined): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, rejectUnauthorized: false, timeout: PROBE_MS });
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  socket.on("secureConnect", () => resolve(true));
  // A refused connection or an alert (as for a missing client certificate) will be told by the request itself.
  socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(!NO_TLS.includes(code ?? "")));
  socket.on("timeout", () => resolve(true));
  socket.on("close", () => resolve(false));
  return promise.finally(() => {
    signal?.removeEventListener("abort", abort);
    socket.destroy();
  });
}

/** What OpenSSL 3 says of an answer in plain text, and what follows if the other end just hangs up. */
const NO_TLS: readonly string[] = [
  ...["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG", "ERR_SSL_HTTP_REQUEST"],
  ...["EPROTO", "ECONNRESET", "EPIPE"],
];
