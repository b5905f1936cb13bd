// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ResolvedConfig } from "../config/resolve.ts";
import { GreenError } from "../error.ts";

/**
 * `ok`: as it should be. `note`: worth knowing, nothing to do. `warning`: works, but worse than it could.
 * `problem`: something does not work.
 */
export type FindingStatus = "ok" | "note" | "warning" | "problem";

/** What one check found. */
export interface Finding {
  /** Stable name, for programs. */
  readonly check: string;
  readonly status: FindingStatus;
  /** What it is and what it means; a sentence without a full stop. */
  readonly says: string;
  /** What to do; with every `warning` and `problem`. */
  readonly todo?: string;
}

/** How a short program ended. */
export interface Tried {
  /** Undefined if it could not be started, or took too long. */
  readonly code: number | undefined;
  readonly stdout: string;
}

/** What checks look at. */
export interface DoctorContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly resolved: ResolvedConfig;
  /** Runs a program on PATH. */
  readonly attempt: (program: string, args: readonly string[]) => Promise<Tried>;
}

/** A check of one thing; may find several. */
export type Check = (context: DoctorContext) => Promise<readonly Finding[]>;

/** The first line of what went wrong. */
export function reasonOf(thrown: unknown): string {
  return GreenError.from(thrown).message.split("\n")[0] ?? "";
}
