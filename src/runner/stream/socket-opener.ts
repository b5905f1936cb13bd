// SPDX-License-Identifier: MIT OR Apache-2.0
import { connect as connectPlain, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { connectFailure, type Destination } from "./connect-failure.ts";
import type { TcpAddress, UnixAddress } from "./stream-address.ts";
import type { StreamOpener } from "./stream-opener.ts";
import { tlsOptions } from "./tls-options.ts";

export interface SocketOptions extends Destination {
  /** What is going to be spoken, for servers that want to hear it in the TLS handshake: `h2`. */
  readonly alpn?: string | undefined;
}

/** A connection that is not there after this will hardly come: 10 s. */
const CONNECT_MS = 10_000;
/** So often an idle connection is looked after, so that no router forgets it: 30 s, as docker does. */
const KEEP_ALIVE_MS = 30_000;

/** Opens connections to a socket of this machine, or by TCP, with TLS if the address says so. */
export function socketOpener(address: UnixAddress | TcpAddress, options: SocketOptions): StreamOpener {
  return async (signal) => {
    signal?.throwIfAborted();
    const start = await dialer(address, options);
    signal?.throwIfAborted();
    return connected(start(), (thrown) => connectFailure(thrown, address, options), signal);
  };
}

/** What begins a connection, once all is read that it needs. */
async function dialer(
  address: UnixAddress | TcpAddress,
  { side, alpn }: SocketOptions,
): Promise<() => Dialing> {
  if (address.kind === "unix") return () => ({ socket: connectPlain(address.path), ready: "connect" });
  const { host, port, tls } = address;
  const keep = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, noDelay: true };
  if (tls === undefined) return () => ({ socket: connectPlain({ host, port, ...keep }), ready: "connect" });
  const secure: ConnectionOptions = {
    ...(await tlsOptions(address, tls, side)),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
  };
  return () => {
    const socket = connectTls(secure);
    socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
    return { socket, ready: "secureConnect" };
  };
}

interface Dialing {
  readonly socket: Socket;
  readonly ready: "connect" | "secureConnect";
}

function connected(
  { socket, ready }: Dialing,
  failure: (thrown: unknown) => Error,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const give = (reason: unknown) => {
    reject(reason);
    socket.destroy();
  };
  const abort = () => give(signal?.reason);
  const fail = (thrown: unknown) => give(failure(thrown));
  const timer = setTimeout(
    () => fail(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })),
    CONNECT_MS,
  );
  signal?.addEventListener("abort", abort, { once: true });
  socket.once("error", fail).once(ready, () => resolve(socket));
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    socket.off("error", fail);
    // Whoever gives up on a socket that still fails hears of nothing any more.
    if (socket.destroyed) socket.on("error", () => {});
  });
}
