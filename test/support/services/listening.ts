// SPDX-License-Identifier: MIT OR Apache-2.0
import { createServer, type Server } from "node:net";

/** Lets a server listen on a free port of loopback and returns the port. */
export function listenOnLoopback(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("It listens on no port"));
      else resolve(address.port);
    });
  });
}

/** A port that was free just now, for programs that cannot tell which one they took. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
