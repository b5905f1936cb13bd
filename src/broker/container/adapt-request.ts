// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ShimRequest } from "../protocol.ts";

/**
 * What programs take for now where results must not tell when they were made (2001-09-09): fit for every archive
 * format. https://reproducible-builds.org/specs/source-date-epoch/
 */
const SOURCE_DATE_EPOCH = "1000000000";

/** What is other in the environment of all units than Cargo gave it. */
export interface EnvironmentChanges {
  /** Variables that all get. */
  readonly given: ReadonlyMap<string, string>;
  /** Names of those that none gets. */
  readonly kept: readonly string[];
}

/**
 * A request as it is run in a container. Compilations are not incremental: what that needs of earlier ones would be
 * gone. Build scripts, and what these start, get one fixed date; compilations do not, since no compiler here looks at
 * it, and on hosts, whose results are the same, it is not set either.
 */
export function adaptRequest(request: ShimRequest, changes: EnvironmentChanges): ShimRequest {
  const env = changedEnvironment(request.env, changes);
  if (request.role !== "build-script") return { ...request, env, argv: withoutIncremental(request.argv) };
  if (env.has("SOURCE_DATE_EPOCH")) return { ...request, env };
  return { ...request, env: new Map([...env, ["SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH]]) };
}

function changedEnvironment(
  env: ReadonlyMap<string, string>,
  { given, kept }: EnvironmentChanges,
): ReadonlyMap<string, string> {
  if (given.size === 0 && kept.length === 0) return env;
  return new Map([...[...env].filter(([name]) => !kept.includes(name)), ...given]);
}

function withoutIncremental(argv: readonly string[]): readonly string[] {
  const isIncremental = (at: number) =>
    argv[at] === "-C" && argv[at + 1]?.startsWith("incremental=") === true;
  return argv.filter((_, at) => !isIncremental(at) && !isIncremental(at - 1));
}
