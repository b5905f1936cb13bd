// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Agent } from "node:http";
import type { AgentOptions } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";

/** Connections that are there before there are requests for them. */
export interface SpareConnections {
  /** Opens so many, which the agent's next requests to that host take. What goes wrong is heard of by those. */
  open(host: string, port: number, count: number): void;
  /** Closes those that nobody took. */
  close(): void;
}

/** Lets an agent that was made with these settings have such: they end as idle ones do. */
export function spareConnections(agent: Agent, settings: AgentOptions): SpareConnections {
  const spare = new Map<string, Duplex[]>();
  const connect = agent.createConnection.bind(agent);
  const waitingFor = (host: unknown, port: unknown): Duplex[] => {
    const name = `${host} ${port}`;
    const waiting = spare.get(name) ?? [];
    spare.set(name, waiting);
    return waiting;
  };
  agent.createConnection = (options, callback) => {
    const waiting = waitingFor(options.host, options.port);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      next.removeAllListeners("timeout");
      if (!next.destroyed) return next;
    }
    return connect(options, callback);
  };
  return {
    open(host, port, count) {
      const waiting = waitingFor(host, port);
      for (let opened = 0; opened < count; opened++) {
        const socket = connect({
          ...settings,
          host,
          port,
          ...(isIP(host) === 0 && { servername: host }),
        });
        if (!socket) return;
        socket.on("error", () => {}); // it is destroyed then
        socket.on("timeout", () => socket.destroy());
        waiting.push(socket);
      }
    },
    close() {
      for (const socket of [...spare.values()].flat()) socket.destroy();
      spare.clear();
    },
  };
}
