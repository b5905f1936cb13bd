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
  return preKey(canonicalJson(fixed));
}

/** The key of a unit: everything that its result depends on. */
export function unitKeyOf(inputs: Inputs): UnitKey {
  return unitKey(canonicalJson(inputs));
}

/** The keys that start from the same inputs. */
export interface FixedKeys {
  readonly preKey: PreKey;
  /** The unit's key with what sources have told besides: of most units nothing. */
  unitKey(others: Inputs): UnitKey;
}

/** Both keys of a unit, given what is known before sources are looked at. */
export function keysOf(fixed: Inputs): FixedKeys {
  const json = canonicalJson(fixed);
  return {
    preKey: preKey(json),
    unitKey: (others) =>
      Object.keys(others).length === 0 ? unitKey(json) : unitKeyOf({ ...fixed, ...others }),
  };
}

function preKey(json: string): PreKey {
  return digestOf(`pre ${RECORD_SCHEMA}\n${json}`) as string as PreKey;
}

function unitKey(json: string): UnitKey {
  return digestOf(`unit ${RECORD_SCHEMA}\n${json}`) as string as UnitKey;
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
