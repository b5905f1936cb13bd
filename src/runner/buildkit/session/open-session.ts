// SPDX-License-Identifier: MIT OR Apache-2.0
import { createServer, type ServerHttp2Session } from "node:http2";
import { type ConnectRouter, createClient } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type GrpcConnection, REPEATED_HEADER } from "../grpc-connection.ts";
import { Control } from "../proto/control_pb.ts";
import { openTunnel } from "../tunnel.ts";
import type { SessionService } from "./session-service.ts";

export interface SessionOptions {
  /** The builder keeps what it was sent under this: who uses it again is not asked again. */
  readonly id: string;
  readonly services: readonly SessionService[];
}

/** What a builder calls this process by, while it solves something for it. */
export interface Session {
  readonly id: string;
  /** Fires when the builder cannot call any more, with why. */
  readonly gone: AbortSignal;
  close(): Promise<void>;
}

/** All clients send the same content under the same name, so that it is sent once, whoever does it. */
const SHARED_KEY = "cargo-green";
/** 1 MiB may be under way to us in each stream: what builders send are requests. */
const WINDOW_BYTES = 1024 * 1024;

/** A builder that has said nothing until then will not: 5 s. */
const HANDSHAKE_MS = 5000;

/** Serves a builder's calls to us through a call of ours to it. */
export async function openSession(connection: GrpcConnection, options: SessionOptions): Promise<Session> {
  const { id, services } = options;
  const gone = new AbortController();
  const server = createServer(
    { settings: { initialWindowSize: WINDOW_BYTES } },
    connectNodeAdapter({
      connect: false,
      grpcWeb: false,
      // Takes longer than to send what it saves, but over slow networks.
      acceptCompression: [],
      routes: (router: ConnectRouter) => {
        for (const { register } of services) register(router);
      },
    }),
  );
  const { promise: served, resolve } = Promise.withResolvers<ServerHttp2Session>();
  server.on("session", resolve);
  const control = createClient(Control, connection.transport);
  const headers = new Headers({
    "x-docker-expose-session-uuid": id,
    "x-docker-expose-session-sharedkey": SHARED_KEY,
  });
  for (const method of services.flatMap(({ methods }) => methods)) headers.append(REPEATED_HEADER, method);
  const tunnel = openTunnel((outgoing, signal) => control.session(outgoing, { headers, signal }));
  tunnel.on("error", (error) => gone.abort(error));
  tunnel.on("close", () => gone.abort(new Error("the builder ended the session")));
  server.emit("connection", tunnel);
  const session = await served;
  const ready = new Promise<void>((settled) => {
    session.once("remoteSettings", () => settled());
    gone.signal.addEventListener("abort", () => settled());
    setTimeout(settled, HANDSHAKE_MS).unref();
  });
  return {
    id,
    gone: gone.signal,
    async close() {
      await ready; // Node 24 crashes if a session is destroyed before it knows the other end's settings.
      session.destroy();
      tunnel.destroy();
    },
  };
}
