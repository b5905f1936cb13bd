// SPDX-License-Identifier: MIT OR Apache-2.0
// The JSON file: one section for each thing that is measured, each with what it was measured with.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { BucketTimes } from "./bucket.ts";
import type { ContainerTime } from "./containers.ts";
import type { Made } from "./machine.ts";
import type { RemoteTimes } from "./remote.ts";
import type { SandboxCost } from "./sandbox.ts";
import type { Measured } from "./startup.ts";
import type { CommandTime } from "./store-commands.ts";
import { sameTrial, type Trial } from "./trial.ts";

const SCHEMA = 1;

export interface TrialSection {
  readonly made: Made;
  readonly trials: readonly Trial[];
}

export interface Results {
  readonly schema: typeof SCHEMA;
  /** Environment of each tool, with the placeholders of tools.ts. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly builds?: TrialSection;
  readonly sweep?: TrialSection;
  readonly sandbox?: TrialSection & { readonly costs: readonly SandboxCost[] };
  readonly startup?: { readonly made: Made; readonly measured: readonly Measured[] };
  readonly store?: {
    readonly made: Made;
    readonly records: number;
    readonly commands: readonly CommandTime[];
  };
  readonly remote?: {
    readonly made: Made;
    readonly project: string;
    readonly times: readonly RemoteTimes[];
    readonly bucket?: readonly BucketTimes[];
  };
  readonly buildkit?: {
    readonly made: Made;
    /** Name and profile. */
    readonly project: string;
    readonly times: readonly ContainerTime[];
  };
}

/** Sections that consist of trials. */
export type TrialSectionName = "builds" | "sweep" | "sandbox";

/** What an earlier run left; nothing if there is no file, or one of another kind. */
export function loadResults(path: string): Results {
  if (!existsSync(path)) return { schema: SCHEMA };
  const read = JSON.parse(readFileSync(path, "utf8")) as Results;
  return read.schema === SCHEMA ? read : { schema: SCHEMA };
}

/** Replaces the file at once, so that an interruption leaves the old or the new one. */
export function saveResults(path: string, results: Results): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(results, undefined, 1)}\n`);
  renameSync(temporary, path);
}

/** With a trial more, in the place of the one that was measured before, if there is one. */
export function withTrial(trials: readonly Trial[], trial: Trial): readonly Trial[] {
  return [...trials.filter((each) => !sameTrial(each, trial)), trial];
}
