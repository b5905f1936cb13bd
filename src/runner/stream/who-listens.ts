// SPDX-License-Identifier: MIT OR Apache-2.0
import { connect } from "node:tls";
import type { StreamAddress } from "./stream-address.ts";
import type { StreamOpener } from "./stream-opener.ts";

/** What keeps silent where a server was expected that speaks first. */
export type Listener = "docker" | "tls" | "unknown";

/** Who does not answer within this is none of those that are known: 2 s. */
const PROBE_MS = 2000;

/**
 * Finds out what listens at an address that leads to something silent, by connections of its own: to say it in an error,
 * so nothing depends on it. Never rejects.
 */
export async function whoListens(address: StreamAddress, open: StreamOpener): Promise<Listener> {
  if (address.kind === "tcp" && address.tls === undefined && (await speaksTls(address.host, address.port)))
    return "tls";
  return (await isDocker(open).catch(() => false)) ? "docker" : "unknown";
}

/** Certificates are not looked at, and nothing is sent. */
function speaksTls(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, rejectUnauthorized: false, timeout: PROBE_MS });
  socket.on("secureConnect", () => resolve(true));
  for (const event of ["error", "timeout", "close"]) socket.on(event, () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** Docker's engines say their API's version with every answer (Engine API 1.51, "Ping"). */
async function isDocker(open: StreamOpener): Promise<boolean> {
  const stream = await open(AbortSignal.timeout(PROBE_MS));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), PROBE_MS);
  stream.on("data", (chunk: Buffer) => resolve(/^HTTP\/1[\s\S]*^Api-Version:/im.test(String(chunk))));
  for (const event of ["error", "close"]) stream.on(event, () => resolve(false));
  stream.write("GET /_ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return promise.finally(() => {
    clearTimeout(timer);
    stream.destroy();
  });
}
