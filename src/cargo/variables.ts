// SPDX-License-Identifier: MIT OR Apache-2.0

/** The variables of a process that are set, by name. */
export function variablesOf(env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
