// SPDX-License-Identifier: MIT OR Apache-2.0
import { EXIT_STATUS, GreenError } from "../error.ts";
import type { Paint } from "./color.ts";

/** Of a message that came from elsewhere, this many characters are shown; the rest helps nobody on a terminal. */
const MAX_MESSAGE = 2000; // 2,000 characters

export interface FailureView {
  readonly paint: Paint;
  /** Adds the stacks and the causes. */
  readonly debug: boolean;
}

/** `error: …`, then `  help: …`; with `debug` also where it came from. Ends with a line break. */
export function formatFailure(thrown: unknown, { paint, debug }: FailureView): string {
  const failure = GreenError.from(thrown);
  const message =
    failure.message.length > MAX_MESSAGE ? `${failure.message.slice(0, MAX_MESSAGE)}…` : failure.message;
  const lines = [`${paint(["bold", "red"], "error")}${paint("bold", ":")} ${message}`];
  const hint = failure.hint ?? hintForBug(failure, debug);
  if (hint !== undefined) lines.push(`  ${paint(["bold", "cyan"], "help")}${paint("bold", ":")} ${hint}`);
  if (debug) lines.push(...stacksOf(failure));
  return `${lines.join("\n")}\n`;
}

/** Exit status for something that was thrown. */
export function exitStatusOf(thrown: unknown): number {
  return EXIT_STATUS[GreenError.from(thrown).code];
}

function hintForBug(failure: GreenError, debug: boolean): string | undefined {
  if (failure.code !== "internal" || debug) return undefined;
  return "this is a bug in cargo-green; set CARGOGREEN_LOG=debug to see where";
}

function stacksOf(failure: GreenError): string[] {
  const stacks: string[] = [];
  let current: unknown = failure;
  while (current instanceof Error && stacks.length < 8) {
    stacks.push(current.stack ?? String(current));
    current = current.cause;
  }
  return stacks;
}
