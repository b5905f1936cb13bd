// SPDX-License-Identifier: MIT OR Apache-2.0
import { colorFlagOf, paintFor } from "./ui/color.ts";
import { exitStatusOf, formatFailure } from "./ui/failure.ts";
import { statusLine } from "./ui/status.ts";

/** stderr and the environment, as `process` has them. */
export interface Console {
  readonly env: NodeJS.ProcessEnv;
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
}

/** Writes our own lines among Cargo's, coloured if Cargo's are. */
export function sayTo({ env, stderr }: Console, cargoArgs: readonly string[]): (text: string) => void {
  const paint = paintFor({ env, isTTY: stderr.isTTY === true, flag: colorFlagOf(cargoArgs) });
  return (text) => stderr.write(`${statusLine("Green", text, paint)}\n`);
}

/** Prints what was thrown; returns the exit status for it. */
export function reportTo({ env, stderr }: Console, thrown: unknown, argv: readonly string[]): number {
  const debug = argv.includes("--debug") || env["CARGOGREEN_LOG"] === "debug";
  const paint = paintFor({ env, isTTY: stderr.isTTY === true, flag: colorFlagOf(argv) });
  stderr.write(formatFailure(thrown, { paint, debug }));
  return exitStatusOf(thrown);
}
