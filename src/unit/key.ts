// SPDX-License-Identifier: MIT OR Apache-2.0
import { type Digest, digestOf, type InstanceId, type PreKey, type UnitKey } from "./digest.ts";
import { type Inputs, RECORD_SCHEMA } from "./record.ts";

/** JSON of a flat map with its names sorted by code unit: equal maps give equal text. */
export function canonicalJson(inputs: Inputs): string {
  const names = Object.keys(inputs).sort();
  return JSON.stringify(names.map((name) => [name, inputs[name]]));
}

/** The key of what is known before sources are looked at. */
export function preKeyOf(fixed: Inputs): PreKey {
  return digestOf(`pre ${RECORD_SCHEMA}\n${canonicalJson(fixed)}`) as string as PreKey;
}

/** The key of a unit: everything that its result depends on. */
export function unitKeyOf(inputs: Inputs): UnitKey {
  return digestOf(`unit ${RECORD_SCHEMA}\n${canonicalJson(inputs)}`) as string as UnitKey;
}

/**
 * Names one result: its key, the bytes that dependents see, and the results it was made against.
 * As dependencies are instances themselves, equal ids mean an equal closure all the way down.
 */
export function instanceOf(
  key: UnitKey,
  primary: readonly { readonly path: string; readonly digest: Digest }[],
  dependencies: readonly InstanceId[],
): InstanceId {
  const files = primary.map(({ path, digest }) => `${path} ${digest}`).sort();
  return digestOf([key, ...files, "", ...[...dependencies].sort()].join("\n")) as string as InstanceId;
}
