// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import type { Mode } from "./ground.ts";
import type { Step } from "./steps.ts";

/** Ways in which cargo-green builds. */
const MODES = {
  shim: { name: "by the shim", env: {} },
  sandbox: { name: "in the sandbox", env: { CARGOGREEN_SANDBOX: "prefer", RUSTC: undefined } },
  layout: {
    name: "in the new layout",
    toolchain: "+nightly",
    env: { CARGO_UNSTABLE_BUILD_DIR_NEW_LAYOUT: "true" },
  },
} as const satisfies Record<string, Mode>;

type ModeName = keyof typeof MODES;

/** Those that every run of the tests goes through. */
const USUAL_MODES: readonly ModeName[] = ["shim"];

/** Without SEQUENCES: as many as take less than a minute on two idle cores, always the same. */
const FEW = 4;
const SEED = 20251122;

/** How random sequences are made, and how long that may take. */
export interface SequenceOptions {
  readonly modes: readonly Mode[];
  readonly seed: number;
  /** For fast-check. */
  readonly runs: {
    readonly seed: number;
    readonly numRuns: number;
    readonly path?: string;
    readonly examples?: [readonly Step[]][];
  };
  /** How long a failing sequence is made shorter: milliseconds. */
  readonly shrinkMs: number;
  readonly timeoutMs: number;
}

/**
 * From variables: `SEQUENCES` (how many), `SEQUENCES_MODE` (names of modes with commas between), `SEQUENCES_SEED` and
 * `SEQUENCES_PATH` (which a failure prints), `SEQUENCES_FILE` (a file with a single sequence to run, as JSON).
 */
export function sequenceOptions(env: NodeJS.ProcessEnv): SequenceOptions {
  const { SEQUENCES, SEQUENCES_MODE, SEQUENCES_SEED, SEQUENCES_PATH, SEQUENCES_FILE } = env;
  const many = SEQUENCES !== undefined;
  const names = SEQUENCES_MODE?.split(",") ?? USUAL_MODES;
  const seed = Number(SEQUENCES_SEED ?? (many ? Date.now() % 2 ** 31 : SEED));
  const given =
    SEQUENCES_FILE === undefined ? undefined : (JSON.parse(readFileSync(SEQUENCES_FILE, "utf8")) as Step[]);
  return {
    modes: names.map(modeNamed),
    seed,
    runs: {
      seed,
      numRuns: given === undefined ? Number(SEQUENCES ?? FEW) : 1,
      ...(SEQUENCES_PATH === undefined ? {} : { path: SEQUENCES_PATH }),
      ...(given === undefined ? {} : { examples: [[given]] }),
    },
    shrinkMs: many ? 600_000 : 60_000,
    timeoutMs: many ? 8 * 3_600_000 : 300_000,
  };
}

function modeNamed(name: string): Mode {
  const mode = Object.entries(MODES).find(([known]) => known === name)?.[1];
  if (mode === undefined) throw new Error(`SEQUENCES_MODE: there is no "${name}"`);
  return mode;
}
