// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { type BaseStage, baseStage } from "./base-stage.ts";
import { closureOf } from "./build-context.ts";
import type { ContainerBase, ContainerUnit } from "./container-unit.ts";
import { unitIdentities } from "./unit-identity.ts";
import { outputStage, unitStage } from "./unit-stage.ts";

const HEAD =
  "# Made by cargo-green: built with --output in the context that belongs to it, it gives what a unit leaves.\n";

/**
 * The Containerfile of a unit and all units that it is made of, for people and for builders that know no better. Built
 * in a context of `contextOf`'s entries with `docker build --output`, it gives the unit's output.
 * @throws GreenError "usage" for units that a Containerfile cannot say, "config" for a base that is none
 */
export async function containerfileOf(unit: ContainerUnit): Promise<string> {
  const closure = closureOf(unit);
  const identityOf = unitIdentities();
  const stageOf = (each: ContainerUnit) => `green-${identityOf(each).slice(0, 16)}`;
  const bases = await readBases(closure);
  const { directives, continuation } = commonHead(bases);
  const stages = closure.map((each): readonly [string, string] => {
    const name = stageOf(each);
    const from = baseName(bases, each.base);
    return [name, unitStage(each, { from, name, stageOf, continuation, dialect: "docker" })];
  });
  return [
    [...directives, HEAD].join("\n"),
    ...[...bases.values()].map(({ text }) => text),
    ...new Map(stages).values(), // equal units once
    outputStage(unit, stageOf(unit)),
  ].join("\n");
}

interface NamedBase extends BaseStage {
  readonly name: string;
}

/** By what they are. */
type Bases = ReadonlyMap<string, NamedBase>;

async function readBases(units: readonly ContainerUnit[]): Promise<Bases> {
  const bases = new Map<string, NamedBase>();
  for (const { base } of units) {
    const key = JSON.stringify(base);
    const name = bases.size === 0 ? "green-base" : `green-base-${bases.size + 1}`;
    if (!bases.has(key)) bases.set(key, { name, ...(await baseStage(base, name)) });
  }
  return bases;
}

function baseName(bases: Bases, base: ContainerBase): string {
  return bases.get(JSON.stringify(base))?.name ?? "";
}

/** What the parser is told must be the same for all. */
function commonHead(bases: Bases): Pick<BaseStage, "directives" | "continuation"> {
  const [first, ...others] = bases.values();
  const { directives, continuation } = first ?? { directives: [], continuation: "\\" };
  if (others.every((other) => other.directives.join("\n") === directives.join("\n"))) {
    return { directives, continuation };
  }
  throw new GreenError("usage", "Base images with different parser directives do not fit one Containerfile", {
    hint: "write `base-image-inline` without `# escape` and `# syntax`",
  });
}
