// SPDX-License-Identifier: MIT OR Apache-2.0

/** One option of a rustc command line, in rustc's long name where it has one (`-A` is `allow`, `-C` is `codegen`). */
export interface RustcOption {
  readonly name: string;
  /** Undefined for flags. */
  readonly value: string | undefined;
  /** The argument as it was typed: `--cfg`, `-Copt-level=3`; of joined flags the one. */
  readonly typed: string;
  /** True if the value is the next argument. */
  readonly apart: boolean;
}

export interface SplitArgv {
  readonly options: readonly RustcOption[];
  /** Arguments that belong to no option: the source file. */
  readonly free: readonly string[];
}

/** Short options that take a value (`rustc --help -v`, 1.95). */
const SHORT_WITH_VALUE: Readonly<Record<string, string>> = {
  A: "allow",
  C: "codegen",
  D: "deny",
  F: "forbid",
  L: "L",
  W: "warn",
  Z: "Z",
  l: "l",
  o: "o",
};
const SHORT_FLAGS: Readonly<Record<string, string>> = {
  O: "O",
  V: "version",
  g: "g",
  h: "help",
  v: "verbose",
};
const LONG_WITH_VALUE = new Set(
  (
    "allow cap-lints cfg check-cfg codegen color crate-name crate-type deny diagnostic-width edition emit env-set " +
    "error-format explain extern forbid force-warn json out-dir print remap-path-prefix remap-path-scope sysroot " +
    "target unpretty warn"
  ).split(" "),
);

/**
 * Splits a command line as rustc's `getopts` does: `--name value`, `--name=value`, `-C value`, `-Cvalue`,
 * joined short options (`-gO`), `--x` for the short option `x`, and everything after `--` free.
 * An unknown long option is taken for a flag. Returns a reason where rustc itself would stop.
 */
export function splitRustcArgv(argv: readonly string[]): SplitArgv | string {
  const options: RustcOption[] = [];
  const free: string[] = [];
  let at = 0;
  const next = (): string | undefined => argv[++at];
  for (; at < argv.length; at++) {
    const arg = argv[at] ?? "";
    if (arg === "--") {
      free.push(...argv.slice(at + 1));
      break;
    }
    if (arg === "-" || !arg.startsWith("-")) {
      free.push(arg);
      continue;
    }
    const start = at;
    const long = arg.startsWith("--") ? arg.slice(2) : undefined;
    const equals = long?.indexOf("=") ?? -1;
    const longName = long === undefined || equals < 0 ? long : long.slice(0, equals);
    if (longName !== undefined && longName.length > 1) {
      const inline = equals < 0 ? undefined : long?.slice(equals + 1);
      const takesValue = LONG_WITH_VALUE.has(longName);
      const value = inline ?? (takesValue ? next() : undefined);
      if (takesValue && value === undefined) return `--${longName} has no value`;
      options.push({ name: longName, value, typed: arg, apart: at > start });
      continue;
    }
    // Short options; getopts reads `--C` as `-C` too, with the value after `=` or in the next argument.
    const letters = longName ?? arg.slice(1);
    const inline = equals < 0 ? undefined : long?.slice(equals + 1);
    for (let letter = 0; letter < letters.length; letter++) {
      const short = letters[letter] ?? "";
      const withValue = SHORT_WITH_VALUE[short];
      if (withValue !== undefined) {
        const rest = letters.slice(letter + 1);
        const value = inline ?? (rest !== "" ? rest : next());
        if (value === undefined) return `-${short} has no value`;
        options.push({ name: withValue, value, typed: arg, apart: at > start });
        break;
      }
      const flag = SHORT_FLAGS[short];
      if (flag === undefined) return `unknown option -${short}`;
      options.push({ name: flag, value: undefined, typed: `-${short}`, apart: false });
    }
  }
  return { options, free };
}

/** One or two arguments. */
export function typedWords({ typed, apart, value = "" }: RustcOption): readonly string[] {
  return apart ? [typed, value] : [typed];
}
