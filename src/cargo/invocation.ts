// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";

/** A `cargo green …` command line, taken apart just as far as wrapping it needs. */
export interface CargoInvocation {
  /** `nightly` of `+nightly`. */
  readonly toolchain: string | undefined;
  /** Everything else, as typed. */
  readonly args: readonly string[];
  /** Position of the subcommand in `args`; undefined if there is none (`cargo green --list`). */
  readonly subcommandAt: number | undefined;
  readonly subcommand: string | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Cargo's global options that take their value as a separate argument (`cargo --help`). */
const VALUE_OPTIONS = new Set(["--config", "-Z", "-C", "--color", "--explain", "--manifest-path"]);

/**
 * Cargo's own subcommands that never start a compiler: they run without a broker.
 * What is not named here is wrapped, aliases and external subcommands included.
 */
const NEVER_COMPILES = new Set(
  (
    "add clean config fetch fmt generate-lockfile help info init locate-project login logout metadata new owner " +
    "pkgid read-manifest remove report rm search tree uninstall update vendor verify-project version yank"
  ).split(" "),
);

/** Subcommands that Cargo runs itself, with the aliases it ships: `--config` before them reaches the build. */
const BUILT_IN = new Set(
  "build b check c test t run r bench doc d rustc rustdoc install fix package publish miri".split(" "),
);

/** External subcommands that hand `--config` on to the cargo they start. */
const FORWARDS_CONFIG = new Set(["clippy"]);

/** Takes a command line apart; never fails, as Cargo is the one to complain. */
export function parseCargoInvocation(argv: readonly string[]): CargoInvocation {
  const first = argv[0];
  const toolchain = first?.startsWith("+") ? first.slice(1) : undefined;
  const args = toolchain === undefined ? argv : argv.slice(1);
  let at = 0;
  while (at < args.length && args[at]?.startsWith("-")) {
    at += VALUE_OPTIONS.has(args[at] ?? "") ? 2 : 1;
  }
  const subcommandAt = at < args.length ? at : undefined;
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  return {
    toolchain,
    args,
    subcommandAt,
    subcommand: subcommandAt === undefined ? undefined : args[subcommandAt],
    quiet: own.some((arg) => arg === "--quiet" || hasShort(arg, "q")),
    verbose: own.some((arg) => arg === "--verbose" || hasShort(arg, "v")),
  };
}

/** True unless it is known that Cargo will start no compiler for this. */
export function mayCompile(invocation: CargoInvocation): boolean {
  return invocation.subcommand !== undefined && !NEVER_COMPILES.has(invocation.subcommand);
}

/** The value of `--name value` or `--name=value`, the last one, before any `--`. */
export function optionValue(args: readonly string[], name: string): string | undefined {
  return optionValues(args, name).at(-1);
}

/** Options of Cargo's that compile, with a value that may stand apart; `--bin` and alike go without one, too. */
const OWN_VALUE_OPTIONS = new Set(
  (
    "--artifact-dir --bench --bin --color --config --crate-type --example --exclude --features --jobs " +
    "--lockfile-path --manifest-path --message-format --output-format --package --print --profile --target " +
    "--target-dir --test"
  ).split(" "),
);

/** Short options, several perhaps, of which the last one's value stands apart: `-p NAME`, `-qj 2`. */
const SHORT_VALUE_OPTION = /^-[^-CFZjp]*[CFZjp]$/;

/** Short options, several perhaps; behind one with a value comes that: `-Fsqlite`, `-pquick`. */
const SHORT_OPTIONS = /^-([^-CFZjp]*[CFZjp]?)/;

/** True if an argument has this short option, alone or among others: `-v`, `-vj4`. */
export function hasShort(argument: string, option: string): boolean {
  return SHORT_OPTIONS.exec(argument)?.[1]?.includes(option) === true;
}

/**
 * What stands after the subcommand and is Cargo's: up to `--`, and of `run` up to the first argument that is no
 * option, from which on all is the program's.
 */
export function ownArguments({ args, subcommand, subcommandAt }: CargoInvocation): readonly string[] {
  if (subcommandAt === undefined) return [];
  const own = args.slice(subcommandAt + 1);
  const isRun = subcommand === "run" || subcommand === "r";
  for (let at = 0; at < own.length; at++) {
    const arg = own[at] ?? "";
    if (arg === "--" || (isRun && !arg.startsWith("-"))) return own.slice(0, at);
    const next = own[at + 1];
    const takesNext = OWN_VALUE_OPTIONS.has(arg) || SHORT_VALUE_OPTION.test(arg);
    if (takesNext && next !== undefined && !next.startsWith("-")) at++;
  }
  return own;
}

/** The values of `--name value` and `--name=value`, in their order, before any `--`. */
export function optionValues(args: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at < args.length && args[at] !== "--"; at++) {
    const arg = args[at] ?? "";
    const value = arg === name ? args[++at] : undefined;
    if (value !== undefined) values.push(value);
    else if (arg.startsWith(`${name}=`)) values.push(arg.slice(name.length + 1));
  }
  return values;
}

/** Arguments without `--name value` and `--name=value`. */
export function withoutOption(args: readonly string[], name: string): readonly string[] {
  return args.filter((arg, at) => arg !== name && args[at - 1] !== name && !arg.startsWith(`${name}=`));
}

/**
 * Where the project of a command line is: its manifest, or the directory to look for one from, upward. Undefined if
 * there is none of the user's: `cargo install` of something that is not on this disk.
 */
export function projectStart({ args, subcommand }: CargoInvocation, cwd: string): string | undefined {
  const directory = resolve(cwd, optionValue(args, "-C") ?? ".");
  if (subcommand === "install") {
    const path = optionValue(args, "--path");
    return path === undefined ? undefined : resolve(directory, path);
  }
  return resolve(directory, optionValue(args, "--manifest-path") ?? ".");
}

export interface WrappedInvocation {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Cargo's arguments and variables that make it use `wrapper` and, if that is said, have so many `jobs`.
 * By `--config` where that works: a variable would be seen by build scripts. External subcommands drop Cargo's
 * global options, so they get `CARGO_BUILD_RUSTC_WRAPPER`, which the shim takes away from what it starts.
 */
export function wrapInvocation(
  invocation: CargoInvocation,
  wrapper: string,
  jobs?: number,
): WrappedInvocation {
  const { args, subcommand, subcommandAt } = invocation;
  const config = [
    ...["--config", `build.rustc-wrapper=${JSON.stringify(wrapper)}`],
    ...(jobs === undefined ? [] : ["--config", `build.jobs=${jobs}`]),
  ];
  if (subcommand === undefined || subcommandAt === undefined) return { args, env: {} };
  const own = args.slice(subcommandAt + 1);
  // Cargo takes the options after the subcommand alone if there are some at both places. What an external
  // subcommand means by `--config` is its own affair.
  const configured = BUILT_IN.has(subcommand) && optionValue(own, "--config") !== undefined;
  if (FORWARDS_CONFIG.has(subcommand) || configured) {
    return { args: [...args.slice(0, subcommandAt + 1), ...config, ...own], env: {} };
  }
  const env = BUILT_IN.has(subcommand) ? {} : { CARGO_BUILD_RUSTC_WRAPPER: wrapper };
  return { args: [...config, ...args], env };
}
