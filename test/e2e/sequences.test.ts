// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PLAIN } from "../support/sandbox.ts";
import { differences } from "../support/sequences/facts.ts";
import { type Ground, layGround, type Mode, removeGround } from "../support/sequences/ground.ts";
import { runSequence } from "../support/sequences/run-sequence.ts";
import { type Step, sequence } from "../support/sequences/steps.ts";
import { World } from "../support/sequences/world.ts";

/** How builds are done; each gets the same sequences. */
const MODES: readonly Mode[] = [{ name: "by the shim", env: {} }];

/** A nightly with the new layout of build directories: only where it is asked for. */
const NEW_LAYOUT: Mode = {
  name: "in the new layout",
  toolchain: "+nightly",
  env: { CARGO_UNSTABLE_BUILD_DIR_NEW_LAYOUT: "true" },
};

const SANDBOXED: Mode = {
  name: "in the sandbox",
  env: { CARGOGREEN_SANDBOX: "prefer", RUSTC: undefined },
};

/**
 * SEQUENCES: how many; without it, a few that are always the same. SEQUENCES_SEED and SEQUENCES_PATH: what a failure
 * printed. SEQUENCES_FILE: a file with one sequence, as JSON. SEQUENCES_MODE: `layout` or `sandbox`.
 */
const { SEQUENCES, SEQUENCES_SEED, SEQUENCES_PATH, SEQUENCES_FILE, SEQUENCES_MODE } = process.env;
const FEW = 4;
/** Builds from nothing take ten times as long as others. */
const FEW_COLD = 2;
const SEED = 20251122;
/** How long a failing sequence is made shorter. */
const SHRINK_MS = SEQUENCES === undefined ? 60_000 : 600_000;
const TIMEOUT_MS = SEQUENCES === undefined ? 180_000 : 6 * 3_600_000;

const seed = Number(SEQUENCES_SEED ?? (SEQUENCES === undefined ? SEED : Date.now() & 0x7fffffff));
const modes = SEQUENCES_MODE === "layout" ? [NEW_LAYOUT] : SEQUENCES_MODE === "sandbox" ? [SANDBOXED] : MODES;

describe.each(modes)("random sequences of edits and builds, $name", (mode) => {
  let ground: Ground;
  let plainGround: Promise<Ground> | undefined;
  const plain = () => {
    plainGround ??= layGround(mode, true);
    return plainGround;
  };
  beforeAll(async () => {
    ground = await layGround(mode, PLAIN);
  });
  afterAll(async () => {
    removeGround(ground);
    if (plainGround !== undefined) removeGround(await plainGround);
  });

  it("are judged by a model that says what plain cargo builds from nothing", {
    timeout: TIMEOUT_MS,
  }, async () => {
    for (const steps of fc.sample(sequence, { seed, numRuns: FEW_COLD })) {
      const world = new World(ground);
      for (const { changes } of steps) await world.change(changes);
      const command = steps.at(-1)?.command ?? "build";
      const { facts, stderr } = await world.buildFromNothing(command);
      expect(differences(facts, world.expected(command)), `${JSON.stringify(steps)}\n${stderr}`).toEqual([]);
    }
  });

  it("print what plain cargo builds", { timeout: TIMEOUT_MS }, async () => {
    let shrinkUntil = Number.POSITIVE_INFINITY;
    const property = fc.asyncProperty(sequence, async (steps) => {
      if (Date.now() > shrinkUntil) return;
      await runSequence(steps, ground, plain).catch((wrong: unknown) => {
        shrinkUntil = Math.min(shrinkUntil, Date.now() + SHRINK_MS);
        throw wrong;
      });
    });
    const given =
      SEQUENCES_FILE === undefined ? [] : [JSON.parse(readFileSync(SEQUENCES_FILE, "utf8")) as Step[]];
    await fc.assert(property, {
      seed,
      ...(SEQUENCES_PATH === undefined ? {} : { path: SEQUENCES_PATH }),
      numRuns: given.length > 0 ? 1 : Number(SEQUENCES ?? FEW),
      examples: given.map((steps) => [steps] as [readonly Step[]]),
    });
  });
});
