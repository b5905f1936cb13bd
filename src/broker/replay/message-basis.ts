// SPDX-License-Identifier: MIT OR Apache-2.0
import { type CargoInvocation, optionValues, ownArguments } from "../../cargo/invocation.ts";

/** Short options, several perhaps, up to one that takes the rest as its value. */
const SHORT_OPTIONS = /^-([^-CFZjp]*)/;

/**
 * What of a command line decides what compilers say, and is no part of a fingerprint: whether diagnostics are short,
 * and whether dependencies may warn (`-vv`). Cargo repeats a fresh unit's messages as they once were.
 */
export function messageBasis(invocation: CargoInvocation): readonly string[] {
  const own = [...invocation.args.slice(0, invocation.subcommandAt ?? 0), ...ownArguments(invocation)];
  const formats = optionValues(own, "--message-format").flatMap((value) => value.split(","));
  const isShort = formats.some((format) => format === "short" || format === "json-diagnostic-short");
  const verbosity = own.reduce((sum, arg) => sum + verbosityOf(arg), 0);
  return [...(isShort ? ["short"] : []), ...(verbosity > 1 ? ["-vv"] : [])];
}

function verbosityOf(arg: string): number {
  if (arg === "--verbose") return 1;
  return (SHORT_OPTIONS.exec(arg)?.[1] ?? "").split("v").length - 1;
}
