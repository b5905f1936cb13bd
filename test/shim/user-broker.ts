// SPDX-License-Identifier: MIT OR Apache-2.0
// A per-user broker as the shim starts it: answers every unit with what it sees of itself.
import { readdirSync, readlinkSync } from "node:fs";
import { startServer } from "../../src/broker/server.ts";

const [, , command, flag, socketPath] = process.argv;
if (command !== "broker" || flag !== "--socket" || socketPath === undefined) process.exit(2);

const inherited = readdirSync("/proc/self/fd").flatMap((fd) => {
  try {
    return [readlinkSync(`/proc/self/fd/${fd}`)];
  } catch {
    return [];
  }
});
const report = { pid: process.pid, cwd: process.cwd(), env: Object.keys(process.env).sort(), inherited };
const server = await startServer({
  socketPath,
  idleMs: () => 1_000,
  onIdle: () => void server.close(),
  handle: async () => ({
    kind: "finish",
    code: 0,
    stdout: Buffer.from(JSON.stringify(report)),
    stderr: Buffer.alloc(0),
  }),
});
