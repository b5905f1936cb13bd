// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PLAIN } from "../support/sandbox.ts";
import { sequence } from "../support/sequences/arbitrary.ts";
import { differences } from "../support/sequences/facts.ts";
import { type Ground, layGround, removeGround } from "../support/sequences/ground.ts";
import { sequenceOptions } from "../support/sequences/options.ts";
import { runSequence } from "../support/sequences/run-sequence.ts";
import { World } from "../support/sequences/world.ts";

/** Builds from nothing take ten times as long as others. */
const MODEL_CHECKS = 2;

const options = sequenceOptions(process.env);

describe.each(options.modes)("random sequences of edits and builds, $name", (mode) => {
  let ground: Ground;
  let plainGround: Promise<Ground> | undefined;
  const plain = () => {
    plainGround ??= layGround(mode, true);
    return plainGround;
  };
  beforeAll(async () => {
    ground = await layGround(mode, PLAIN);
  }, options.timeoutMs);
  afterAll(async () => {
    removeGround(ground);
    if (plainGround !== undefined) removeGround(await plainGround);
  });

  it("are judged by a model that says what plain cargo builds from nothing", {
    timeout: options.timeoutMs,
  }, async () => {
    for (const steps of fc.sample(sequence, { seed: options.seed, numRuns: MODEL_CHECKS })) {
      const world = new World(ground);
      for (const { changes } of steps) await world.change(changes);
      const command = steps.at(-1)?.command ?? "build";
      const { facts, stderr } = await world.buildFromNothing(command);
      expect(differences(facts, world.expected(command)), `${JSON.stringify(steps)}\n${stderr}`).toEqual([]);
    }
  });

  it("print what plain cargo builds", { timeout: options.timeoutMs }, async () => {
    let shrinkUntil = Number.POSITIVE_INFINITY;
    const property = fc.asyncProperty(sequence, async (steps) => {
      if (Date.now() > shrinkUntil) return;
      await runSequence(steps, ground, plain).catch((wrong: unknown) => {
        shrinkUntil = Math.min(shrinkUntil, Date.now() + options.shrinkMs);
        throw wrong;
      });
    });
    await fc.assert(property, options.runs);
  });
});
