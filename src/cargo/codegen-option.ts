// SPDX-License-Identifier: MIT OR Apache-2.0

/** What follows `-C` or `-Z`. */
export interface CodegenOption {
  /** With dashes: rustc takes `opt_level` for `opt-level`. */
  readonly name: string;
  /** Undefined where there is no `=`. */
  readonly value: string | undefined;
  /** `name` or `name=value`, the name with dashes. */
  readonly text: string;
}

/** Takes `opt_level=3` apart. */
export function codegenOption(typed: string): CodegenOption {
  const equals = typed.indexOf("=");
  const name = (equals < 0 ? typed : typed.slice(0, equals)).replaceAll("_", "-");
  const value = equals < 0 ? undefined : typed.slice(equals + 1);
  return { name, value, text: value === undefined ? name : `${name}=${value}` };
}

/** Codegen options that write files which no rule of rustc's names, or that never give the same result. */
const UNCACHEABLE: Readonly<Record<string, string>> = {
  help: "it asks for information",
  incremental: "it uses incremental compilation",
  "profile-generate": "it is instrumented for profiling",
  "save-temps": "it keeps temporary files",
};

/** Why a `-C` option makes the result uncacheable; undefined if it does not. */
export function codegenObjection({ name, value }: CodegenOption): string | undefined {
  if (name === "target-cpu" || name === "tune-cpu") {
    return value === "native" ? "it is compiled for the processor of this machine" : undefined;
  }
  if (name === "llvm-args" && /(^|[\s=])native\b/.test(value ?? "")) {
    return "it is compiled for the processor of this machine";
  }
  return UNCACHEABLE[name];
}

/**
 * Unstable options that print what depends on the machine or the moment, write files beside the outputs,
 * or end the compilation early (`rustc -Z help`, 1.97).
 */
const UNSTABLE_UNCACHEABLE = new RegExp(
  `^(${[
    "dump-.*",
    "help",
    "incremental.*",
    "input-stats",
    "link-only",
    "llvm-time-trace",
    "ls",
    "metrics-dir",
    "mir-pretty-.*",
    "nll-facts.*",
    "no-analysis",
    "no-link",
    "parse-crate-root-only",
    "print-.*",
    "profile-closures",
    "query-dep-graph",
    "remark-dir",
    "self-profile.*",
    "split-dwarf-out-dir",
    "temps-dir",
    "time-.*",
    "unpretty",
    "write-long-types-to-disk",
  ].join("|")})$`,
);

/** Why a `-Z` option makes the result uncacheable; undefined if it does not. */
export function unstableObjection(option: CodegenOption): string | undefined {
  return UNSTABLE_UNCACHEABLE.test(option.name)
    ? `-Z ${option.name} does more than compile`
    : codegenObjection(option);
}
