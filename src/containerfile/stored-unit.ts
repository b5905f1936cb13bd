// SPDX-License-Identifier: MIT OR Apache-2.0
import { looksSecret } from "../cargo/env-policy.ts";
import { GreenError } from "../error.ts";
import type { Digest } from "../unit/digest.ts";
import type { ContainerInput, ContainerUnit } from "./container-unit.ts";
import type { IdentityOf } from "./unit-identity.ts";

/** A unit as JSON has it: others are named by their identity, and what a secret says is left out. */
interface StoredUnit extends Omit<ContainerUnit, "inputs" | "env"> {
  readonly inputs: readonly StoredInput[];
  readonly env: Readonly<Record<string, string>>;
  /** Names of variables that it saw and whose values are not kept. */
  readonly withheld: readonly string[];
}

type OutputInput = ContainerInput & { readonly kind: "output" };
type StoredInput =
  | Exclude<ContainerInput, OutputInput>
  | (Omit<OutputInput, "unit"> & { readonly unit: Digest });

/** A unit with all that it is made of. */
export interface ReadUnit {
  readonly unit: ContainerUnit;
  /** Names of variables that it, or something that it is made of, saw, and whose values are not kept. Sorted. */
  readonly withheld: readonly string[];
}

/** A unit as text, for `readUnit`. */
export function writeUnit({ inputs, env, ...unit }: ContainerUnit, identityOf: IdentityOf): string {
  const withheld = [...env.keys()].filter(looksSecret).sort();
  const stored: StoredUnit = {
    ...unit,
    env: Object.fromEntries([...env].filter(([name]) => !withheld.includes(name))),
    withheld,
    inputs: inputs.map((input) =>
      input.kind === "output" ? { ...input, unit: identityOf(input.unit) } : input,
    ),
  };
  return JSON.stringify(stored);
}

/**
 * The unit of an identity.
 * @param find the text of each unit, by its identity
 * @throws GreenError "not-found" if there is none of the unit, or of one that it is made of
 */
export function readUnit(identity: Digest, find: (identity: Digest) => string | undefined): ReadUnit {
  const known = new Map<Digest, ContainerUnit>();
  const withheld = new Set<string>();
  const read = (each: Digest): ContainerUnit => {
    const found = known.get(each);
    if (found !== undefined) return found;
    const text = find(each);
    if (text === undefined) {
      throw new GreenError("not-found", "It is not remembered any more how that was run in a container");
    }
    const { withheld: names, ...stored } = JSON.parse(text) as StoredUnit;
    for (const name of names) withheld.add(name);
    const inputs = stored.inputs.map((input) =>
      input.kind === "output" ? { ...input, unit: read(input.unit) } : input,
    );
    const unit: ContainerUnit = { ...stored, env: new Map(Object.entries(stored.env)), inputs };
    known.set(each, unit);
    return unit;
  };
  return { unit: read(identity), withheld: [...withheld].sort() };
}
