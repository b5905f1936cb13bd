// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Exchange } from "./fault-proxy/exchange.ts";
import type { Aim, RequestHead } from "./fault-proxy/fault.ts";

/** A request of a run that went well: what it was, and the how manieth of its kind. */
export interface RequestAt {
  readonly kind: string;
  readonly occurrence: number;
  /** Bytes of its body. */
  readonly sent: number;
  /** Bytes of the answer's body. */
  readonly answered: number;
}

/**
 * What a request is, whenever and in whichever repository it is made: requests go out in parallel, and places of
 * uploads have random names.
 */
export function kindOf({ method, path }: Pick<RequestHead, "method" | "path">): string {
  const url = new URL(path, "http://localhost");
  const digest = url.searchParams.get("digest") ?? "";
  const place = url.pathname
    .replace(/^\/v2\/[^/]+\//, "/")
    .replace(/(\/uploads\/)[^/]+$/, "$1…")
    .replace(/^\/green-test\/[^/]+\//, "/");
  return `${method} ${place}${digest === "" ? "" : ` ${digest}`}`;
}

/** The requests of a run, to have something happen to each of them in another run of the same. */
export function requestsOf(exchanges: readonly Exchange[]): readonly RequestAt[] {
  const seen = new Map<string, number>();
  return exchanges.map((exchange) => {
    const kind = kindOf(exchange);
    const occurrence = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, occurrence);
    return { kind, occurrence, sent: exchange.requestBytes, answered: exchange.responseBytes };
  });
}

/** Hits that request; with `from`, also all that come after it, whatever they are. */
export function aimAt({ kind, occurrence }: RequestAt, options: { readonly from?: boolean } = {}): Aim {
  const seen = new Set<number>();
  let isHit = false;
  return (request) => {
    if (isHit && options.from === true) return true;
    if (kindOf(request) !== kind) return false;
    seen.add(request.number);
    if (seen.size !== occurrence || isHit) return false;
    isHit = true;
    return true;
  };
}
