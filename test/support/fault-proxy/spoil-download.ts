// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ServerResponse } from "node:http";
import { until } from "../process.ts";
import { type Blow, corrupt, stall } from "./blow.ts";
import type { OpenExchange } from "./exchange.ts";

/** The body of a response, with what its fault does to it. */
export async function* spoilDownload(
  source: AsyncIterable<Buffer>,
  response: ServerResponse,
  exchange: OpenExchange,
  blow: Blow,
): AsyncGenerator<Buffer> {
  const { fault } = blow;
  const bad = fault?.kind === "corrupt" && fault.in === "response" ? (fault.at ?? 0) : -1;
  for await (const chunk of source) {
    const offset = exchange.responseBytes;
    const end = offset + chunk.length;
    if (fault?.kind === "truncate" && end > fault.bytes) {
      exchange.responseBytes = fault.bytes;
      if (fault.bytes > offset) yield chunk.subarray(0, fault.bytes - offset);
      await until("what comes before the cut is sent", () => isFlushed(response));
      blow.strike();
      if (fault.end === "close") response.socket?.destroySoon();
      else blow.reset();
      return;
    }
    exchange.responseBytes = end;
    if (fault?.kind === "stall" && fault.bytes !== undefined && offset <= fault.bytes && fault.bytes < end) {
      const first = fault.bytes - offset;
      if (first > 0) yield chunk.subarray(0, first);
      await stall(fault.ms, response, blow);
      yield chunk.subarray(first);
    } else {
      yield corrupt(chunk, bad - offset, blow);
    }
  }
}

function isFlushed(response: ServerResponse): boolean {
  const left = response.writableLength + (response.socket?.writableLength ?? 0);
  return response.destroyed || left === 0;
}
