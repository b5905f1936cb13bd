// SPDX-License-Identifier: MIT OR Apache-2.0
import { type Difference, differences, unexcused } from "./facts.ts";
import type { Ground } from "./ground.ts";
import type { Observation } from "./observe.ts";
import type { Step } from "./steps.ts";
import { type Interruptions, World } from "./world.ts";

/** A build that showed what neither a build from nothing nor plain cargo with the same past shows. */
export class WrongBuild extends Error {
  constructor(steps: readonly Step[], at: number, wrong: readonly Difference[], stderr: string) {
    const facts = wrong.map(({ fact, expected, got }) => `  ${fact}: ${got} instead of ${expected}`);
    const list = steps.slice(0, at + 1).map((step) => `  ${JSON.stringify(step)}`);
    super(`Step ${at + 1} shows\n${facts.join("\n")}\nafter\n${list.join("\n")}\n${stderr}`);
    this.name = "WrongBuild";
  }
}

/**
 * Takes the steps and throws `WrongBuild` at the first that shows what it should not.
 * @param plainGround asked for where a build is not as from nothing: plain cargo may not have noticed the change either
 */
export async function runSequence(
  steps: readonly Step[],
  ground: Ground,
  plainGround: () => Promise<Ground>,
): Promise<void> {
  const world = new World(ground);
  const pasts = new Map<Interruptions, readonly Observation[]>();
  for (const [at, step] of steps.entries()) {
    const seen = await world.take(step);
    if (step.afterwards === "from nothing") await checkModel(world, step);
    let wrong = differences(seen.facts, world.expected(step.command));
    for (const way of waysOf(steps)) {
      if (wrong.length === 0) break;
      const past = pasts.get(way) ?? (await plainPast(steps, way, await plainGround()));
      pasts.set(way, past);
      wrong = unexcused(wrong, past[at]?.facts ?? {});
    }
    if (wrong.length > 0) throw new WrongBuild(steps, at, wrong, seen.stderr);
  }
}

/** Throws if the model is not what plain cargo shows that knows nothing of the past. */
async function checkModel(world: World, { command }: Step): Promise<void> {
  const { facts, stderr } = await world.buildFromNothing(command);
  const wrong = differences(facts, world.expected(command));
  if (wrong.length > 0) throw new Error(`The model is wrong: ${JSON.stringify(wrong)}\n${stderr}`);
}

/** How far an interrupted build came nobody knows, so both ends are tried. */
function waysOf(steps: readonly Step[]): readonly Interruptions[] {
  const interrupted = steps.some(({ changes }) => changes.some((change) => change.do === "interrupt"));
  return interrupted ? ["left out", "completed"] : ["left out"];
}

/** What plain cargo shows step by step. */
async function plainPast(
  steps: readonly Step[],
  way: Interruptions,
  ground: Ground,
): Promise<readonly Observation[]> {
  const world = new World(ground, way);
  const seen: Observation[] = [];
  for (const step of steps) seen.push(await world.take(step));
  return seen;
}
