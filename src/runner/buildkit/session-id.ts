// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash, randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { hostname } from "node:os";

/** The name of a session, for as long as it is held. */
export interface SessionId {
  readonly id: string;
  release(): void;
}

/** So many processes of one sender may use one builder at once before what they send is not recognised the next time. */
const SLOTS = 8;

/**
 * A name under which a builder knows what it was sent by the process that had it before. A builder forgets a session
 * whose name is used again, so processes of this machine keep off each other's by holding a socket of that name, which
 * goes with its process. Where there are no such sockets (all but Linux), the name is a new one.
 */
export async function claimSessionId(builder: string, sender: string): Promise<SessionId> {
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const id = hash("sha256", JSON.stringify([hostname(), builder, sender, slot]), "hex").slice(0, 32);
    const release = await holdName(`\0cargo-green-session-${id}`);
    if (release !== undefined) return { id, release };
  }
  return { id: randomUUID(), release() {} };
}

async function holdName(name: string): Promise<(() => void) | undefined> {
  const { promise, resolve } = Promise.withResolvers<(() => void) | undefined>();
  const server = createServer();
  server.once("error", () => resolve(undefined));
  server.listen(name, () => {
    server.unref();
    resolve(() => server.close());
  });
  return promise;
}
