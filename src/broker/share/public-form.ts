// SPDX-License-Identifier: MIT OR Apache-2.0
import { classifyEnv, looksSecret } from "../../cargo/env-policy.ts";
import { isPlainVariable } from "../../cargo/plain-variable.ts";
import type { UnitRecord } from "../../unit/record.ts";
import type { ReplayEntry } from "../replay/entry.ts";

/**
 * A record without what is nobody else's affair and takes no part in its key: names of the variables that were hidden
 * from it, and values of those that Cargo did not set.
 */
export function publicRecord(record: UnitRecord): UnitRecord {
  const { provenance, invocation } = record;
  const { sandbox } = provenance;
  return {
    ...record,
    provenance: { ...provenance, sandbox: { ...sandbox, hidden: [] } },
    invocation: { ...invocation, env: publicVariables(invocation.env) },
  };
}

/** The same of an entry: a user's `[env]` table is set for every unit, whether it looks at it or not. */
export function publicEntry(entry: ReplayEntry): ReplayEntry {
  const { call } = entry;
  return { ...entry, call: { ...call, env: publicVariables(call.env) } };
}

function publicVariables(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const isPublic = (name: string, value: string) =>
    !looksSecret(name) && (classifyEnv(name) === "cargo" || isPlainVariable(name, value));
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => isPublic(name, value)));
}
