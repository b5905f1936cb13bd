// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ServerResponse } from "node:http";
import { sleep } from "../process.ts";
import type { Fault } from "./fault.ts";

/** A fault and the request that it is meant for. */
export interface Blow {
  readonly fault: Fault | undefined;
  /** Notes that it has happened. */
  strike(): void;
  /** Resets the client's connection. */
  reset(): void;
}

/** The same bytes but one, if `index` is in them. */
export function corrupt(chunk: Buffer, index: number, blow: Blow): Buffer {
  const byte = index < 0 ? undefined : chunk[index];
  if (byte === undefined) return chunk;
  blow.strike();
  const changed = Buffer.from(chunk);
  changed[index] = byte ^ 1;
  return changed;
}

/** Waits, but not for a client that has left. */
export async function stall(ms: number, response: ServerResponse, blow: Blow): Promise<void> {
  blow.strike();
  const end = Date.now() + ms;
  while (Date.now() < end && !response.destroyed) await sleep(Math.min(20, end - Date.now()));
}
