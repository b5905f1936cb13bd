// SPDX-License-Identifier: MIT OR Apache-2.0

/** What goes wrong with one request. */
export type Fault =
  /** The connection is reset when the request's head has come (`before`), or when upstream has answered (`after`). */
  | { readonly kind: "reset"; readonly when: "before" | "after" }
  /** The connection is reset when so many bytes of the request's body have been sent on. */
  | { readonly kind: "cut-upload"; readonly bytes: number }
  /** The connection ends after so many bytes of the response's body, by a reset unless it is said otherwise. */
  | { readonly kind: "truncate"; readonly bytes: number; readonly end?: "reset" | "close" }
  /** Upstream is not asked; this is the answer. 429 with `{"retry-after": "1"}`, 500, 503, … */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** One byte of a body is another one. The digest in a header stays. `at`: which one; default 0. */
  | { readonly kind: "corrupt"; readonly in: "request" | "response"; readonly at?: number }
  /** Nothing comes for a time: after so many bytes of the response's body, by default before its status line. */
  | { readonly kind: "stall"; readonly ms: number; readonly bytes?: number }
  /** Sent on without `Authorization`, so that upstream answers as it does when a token has expired. */
  | { readonly kind: "unauthorized" };

/** Which requests a fault hits: one by its number, from 1, or those for which it says so. */
export type Aim = number | ((request: RequestHead) => boolean);

export interface RequestHead {
  /** From 1, in the order in which the requests' heads came. */
  readonly number: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
}

export function hits(aim: Aim, request: RequestHead): boolean {
  return typeof aim === "number" ? request.number === aim : aim(request);
}
