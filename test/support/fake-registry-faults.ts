// SPDX-License-Identifier: MIT OR Apache-2.0
import type { IncomingMessage, ServerResponse } from "node:http";

/** How an answer may go wrong. */
export type Fault =
  /** Another answer, without doing what was asked. */
  | { readonly kind: "answer"; readonly status: number; readonly headers?: Headers; readonly body?: string }
  /** The connection breaks after so many bytes of the request's body; default 0. What came is kept. */
  | { readonly kind: "reset"; readonly after?: number }
  /** What was asked is done, but the connection breaks before the answer. */
  | { readonly kind: "lost answer" }
  /** The connection breaks after so many bytes of the answer's body. */
  | { readonly kind: "cut"; readonly after: number }
  /** The answer properly ends after so many bytes. */
  | { readonly kind: "short"; readonly after: number }
  /** The byte there is another one. */
  | { readonly kind: "flip"; readonly at: number }
  /** Headers of the answer are set, or left out. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string | undefined>> }
  /** The length of the answer is not told: its end is the connection's. */
  | { readonly kind: "undelimited"; readonly after?: number }
  /** Nothing ever comes. */
  | { readonly kind: "stall" };

export type Headers = Readonly<Record<string, string>>;

/** Which requests a fault is for. */
export interface Match {
  readonly method?: string;
  /** Of path and query. */
  readonly path?: RegExp;
  /** So many that match are served properly before. Default 0. */
  readonly skip?: number;
  /** So many are not. Default 1. */
  readonly times?: number;
}

/** Faults that are still to happen. */
export class FaultPlan {
  readonly #planned: { readonly match: Match; readonly fault: Fault; skip: number; times: number }[] = [];

  add(match: Match, fault: Fault): void {
    this.#planned.push({ match, fault, skip: match.skip ?? 0, times: match.times ?? 1 });
  }

  next(method: string, path: string): Fault | undefined {
    for (const planned of this.#planned) {
      const { match } = planned;
      if (match.method !== undefined && match.method !== method) continue;
      if (match.path !== undefined && !match.path.test(path)) continue;
      if (planned.skip-- > 0 || planned.times-- <= 0) continue;
      return planned.fault;
    }
    return undefined;
  }
}

/** Gives an answer, as wrong as a fault has it. */
export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
  status: number,
  headers: Headers = {},
  body: Uint8Array | string = "",
): void {
  let bytes = Buffer.from(body);
  if (fault?.kind === "flip")
    bytes = Buffer.from(bytes.map((byte, at) => (at === fault.at ? byte ^ 0xff : byte)));
  if (fault?.kind === "short") bytes = bytes.subarray(0, fault.after);
  const sent: Record<string, string | undefined> = { "content-length": String(bytes.length), ...headers };
  if (fault?.kind === "headers") Object.assign(sent, fault.headers);
  for (const [name, value] of Object.entries(sent)) if (value !== undefined) response.setHeader(name, value);
  if (fault?.kind === "undelimited") {
    const lines = [
      `HTTP/1.1 ${status} x`,
      "connection: close",
      ...Object.entries(headers).map((each) => each.join(": ")),
    ];
    request.socket.end(
      Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), bytes.subarray(0, fault.after)]),
    );
    return;
  }
  response.writeHead(status);
  if (request.method === "HEAD") response.end();
  else if (fault?.kind === "cut") {
    response.write(bytes.subarray(0, fault.after), () => setTimeout(() => request.socket.destroy(), 5));
  } else response.end(bytes);
}
