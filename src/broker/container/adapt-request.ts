// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ShimRequest } from "../protocol.ts";

/**
 * What programs take for now where results must not tell when they were made (2001-09-09): fit for every archive
 * format. https://reproducible-builds.org/specs/source-date-epoch/
 */
const SOURCE_DATE_EPOCH = "1000000000";

/**
 * A request as it is run in a container. Compilations are not incremental: what that needs of earlier ones would be
 * gone. Build scripts, and what these start, get one fixed date; compilations do not, since no compiler here looks at
 * it, and on hosts, whose results are the same, it is not set either.
 */
export function adaptRequest(request: ShimRequest): ShimRequest {
  if (request.role !== "build-script") return { ...request, argv: withoutIncremental(request.argv) };
  if (request.env.has("SOURCE_DATE_EPOCH")) return request;
  return { ...request, env: new Map([...request.env, ["SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH]]) };
}

function withoutIncremental(argv: readonly string[]): readonly string[] {
  const isIncremental = (at: number) =>
    argv[at] === "-C" && argv[at + 1]?.startsWith("incremental=") === true;
  return argv.filter((_, at) => !isIncremental(at) && !isIncremental(at - 1));
}
