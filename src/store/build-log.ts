// SPDX-License-Identifier: MIT OR Apache-2.0
import type { PreKey, UnitKey } from "../unit/digest.ts";
import type { Inputs, UnitIdentity } from "../unit/record.ts";

/** Version of the log's JSON; a log of another version is as good as none. */
export const BUILD_LOG_SCHEMA = 1;

/** What became of one unit of a build. */
export interface BuildLogUnit {
  readonly identity: UnitIdentity;
  /** `replayed`: laid down before Cargo started; `uncached`: the compiler ran and no record was made. */
  readonly outcome: "replayed" | "restored" | "built" | "uncached";
  readonly key?: UnitKey;
  readonly preKey?: PreKey;
  /** For units that were built: what `cache why` compares with the nearest record. */
  readonly inputs?: Inputs;
  /** Why it was not cached, as a person would say it. */
  readonly reason?: string;
  /** Milliseconds. */
  readonly tookMs: number;
}

/** The last build of one workspace directory. */
export interface BuildLog {
  readonly schema: typeof BUILD_LOG_SCHEMA;
  /** Absolute path. */
  readonly workspace: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly finished: number;
  readonly command: readonly string[];
  /** What it told its user, or would have: a wrapper has no one to tell. Missing in logs of older versions. */
  readonly notes?: readonly string[];
  readonly units: readonly BuildLogUnit[];
}
