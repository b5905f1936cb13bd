// SPDX-License-Identifier: MIT OR Apache-2.0

/** Ours wherever they stand: no subcommand of Cargo's that builds has them. */
const ANYWHERE: ReadonlySet<string> = new Set(["--dry-run", "--json", "--help", "-h"]);
/** Ours before Cargo's subcommand. */
const IN_FRONT: ReadonlySet<string> = new Set(["-n", "--debug"]);
const WITH_VALUE = "--color";
/** What `greenArguments` puts at the end. */
const SETTING = /^--green-(?:profile|config)=/;

/**
 * Takes the arguments of `cache adopt` apart: our own, and the command line that Cargo would get. Without a
 * subcommand that is one of `build`.
 */
export function splitAdoptArguments(argv: readonly string[]): {
  readonly own: readonly string[];
  readonly cargo: readonly string[];
} {
  const own: string[] = [];
  const cargo: string[] = [];
  let isInFront = true;
  let isPassedOn = false;
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at] ?? "";
    if (SETTING.test(arg)) own.push(arg);
    else if (!isPassedOn && ANYWHERE.has(arg)) own.push(arg);
    else if (isInFront && (IN_FRONT.has(arg) || arg.startsWith(`${WITH_VALUE}=`))) own.push(arg);
    else if (isInFront && arg === WITH_VALUE) own.push(arg, ...argv.slice(++at, at + 1));
    else {
      cargo.push(arg);
      isInFront &&= arg.startsWith("+");
      isPassedOn ||= arg === "--";
    }
  }
  const toolchain = cargo.filter((arg, at) => at === 0 && arg.startsWith("+"));
  const rest = cargo.slice(toolchain.length);
  const [first] = rest;
  const hasCommand = first !== undefined && !first.startsWith("-");
  return { own, cargo: [...toolchain, ...(hasCommand ? [] : ["build"]), ...rest] };
}
