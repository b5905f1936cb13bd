// SPDX-License-Identifier: MIT OR Apache-2.0
import { type Digest, digestOf } from "../unit/digest.ts";
import type { ContainerBase, ContainerInput, ContainerUnit } from "./container-unit.ts";

/** Two units have one identity if they are the same run, wherever on this machine their inputs are. */
export type IdentityOf = (unit: ContainerUnit) => Digest;

/** Identities of units that have inputs in common, each of which is looked at once. */
export function unitIdentities(): IdentityOf {
  const known = new WeakMap<ContainerUnit, Digest>();
  const identityOf = (unit: ContainerUnit): Digest => {
    const before = known.get(unit);
    if (before !== undefined) return before;
    const { base, inputs, env, cwd, argv, output, network } = unit;
    const identity = digestOf(
      JSON.stringify([
        ...[baseFacts(base), inputs.map((input) => inputFacts(input, identityOf))],
        ...[[...env].sort(([one], [other]) => (one < other ? -1 : 1)), cwd, argv, output, network],
      ]),
    );
    known.set(unit, identity);
    return identity;
  };
  return identityOf;
}

function baseFacts(base: ContainerBase): readonly string[] {
  return [base.kind, base.kind === "image" ? base.reference : base.containerfile, base.platform];
}

/** What a unit sees of an input. */
function inputFacts(input: ContainerInput, identityOf: IdentityOf): readonly unknown[] {
  const { kind, target } = input;
  switch (kind) {
    case "tree":
      return [kind, target, input.tree.identity, input.tree.files ?? null];
    case "file":
      return [kind, target, input.file.digest, input.file.executable];
    case "output":
      return [kind, target, identityOf(input.unit), input.path];
  }
}
