// SPDX-License-Identifier: MIT OR Apache-2.0

/** Topics of our own commands; everything else is Cargo's. */
export const OWN_TOPICS = ["builder", "cache", "completion", "config", "doctor", "env", "setup"] as const;
/** What completion scripts call. */
export const COMPLETE = "__complete";
const HELP = ["--help", "-h", "help"];

export interface Route {
  readonly to: "version" | "screen" | "cargo" | "broker" | "completion" | "commands";
  readonly args: readonly string[];
}

/** Whose command this is. `argv` is what stands after `cargo green`. */
export function route(argv: readonly string[]): Route {
  const [first, second] = argv;
  if (first === undefined) return { to: "screen", args: [] };
  if (first === "--version" || first === "-V") return { to: "version", args: [] };
  if (first === "broker") return { to: "broker", args: argv.slice(1) };
  if (first === COMPLETE) return { to: "completion", args: argv.slice(1) };
  // `cargo config get` is Cargo's.
  if (isOwn(first) && !(first === "config" && second === "get")) return { to: "commands", args: argv };
  if (HELP.includes(first)) {
    // `cargo green help build` is a question to Cargo.
    const subject = argv.slice(1).find((argument) => !argument.startsWith("-"));
    if (subject === undefined) return { to: "screen", args: [] };
    if (isOwn(subject)) return { to: "commands", args: helpArguments(argv) };
  }
  // `cargo green +nightly cache ls`: the store is the same for all toolchains.
  if (first.startsWith("+") && second !== undefined && isOwn(second)) {
    const isAdopt = second === "cache" && argv[2] === "adopt"; // it asks that Cargo
    return { to: "commands", args: isAdopt ? ["cache", "adopt", first, ...argv.slice(3)] : argv.slice(1) };
  }
  return { to: "cargo", args: argv };
}

/** `help cache ls` as oclif takes it: `cache ls --help`. */
function helpArguments(argv: readonly string[]): readonly string[] {
  return [...argv.slice(1).filter((argument) => !HELP.includes(argument)), "--help"];
}

function isOwn(word: string): boolean {
  return (OWN_TOPICS as readonly string[]).includes(word);
}
