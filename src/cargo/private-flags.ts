// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BuildScriptOutput } from "./build-script-output.ts";
import { type CodegenOption, codegenOption } from "./codegen-option.ts";
import { isStandardCpu, isStandardFeature } from "./rustc-names.ts";
import { type RustcOption, splitRustcArgv, typedWords } from "./rustc-options.ts";

/** What tells the user's arguments from those that everybody's Cargo would give. */
export interface ArgumentOrigins {
  /** What the package's own build script printed, latin1; undefined if it has none. */
  readonly script: BuildScriptOutput | undefined;
  /** True for a path that says nothing of this user. */
  readonly isShared: (path: string) => boolean;
}

/** Before `--out-dir` Cargo writes what the manifest says; behind it come RUSTFLAGS and the build script's words. */
type Side = "manifest" | "later";

/** Arguments whose values rustc gives a meaning of its own, refusing all others. */
const PLAIN_CODEGEN = new Set(
  (
    "code-model codegen-units control-flow-guard debug-assertions debuginfo default-linker-libraries dwarf-version " +
    "embed-bitcode force-frame-pointers force-unwind-tables inline-threshold instrument-coverage link-dead-code " +
    "link-self-contained linker-flavor linker-plugin-lto lto no-prepopulate-passes no-redzone no-vectorize-loops " +
    "no-vectorize-slp opt-level overflow-checks panic prefer-dynamic relocation-model relro-level rpath soft-float " +
    "split-debuginfo strip symbol-mangling-version"
  ).split(" "),
);
const PLAIN_VALUE = /^[A-Za-z0-9+-]{0,24}$/;
const HASH = /^-?[0-9a-f]+$/;
/** What is the same on every command line of Cargo's, or is looked at elsewhere (`target`, dependencies). */
const CARGOS = new Set(
  (
    "cap-lints color crate-name crate-type diagnostic-width edition emit error-format extern json out-dir target test " +
    "verbose"
  ).split(" "),
);
const LINTS = new Set(["allow", "warn", "deny", "forbid", "force-warn"]);
const LINT_GROUPS = new Set(
  (
    "warnings unused future_incompatible nonstandard_style rust_2018_idioms rust_2018_compatibility " +
    "rust_2021_compatibility rust_2024_compatibility let_underscore keyword_idents refining_impl_trait dead_code " +
    "unused_imports unused_variables unused_must_use unexpected_cfgs missing_docs unsafe_code deprecated"
  ).split(" "),
);
/** Linkers that come with a system or with Rust; one by a path is somebody's, unless it is a shared place's. */
const LINKER =
  /^([a-z0-9_]+(-[a-z0-9_]+){2,3}-)?(cc|gcc|g\+\+|clang|clang\+\+|ld|lld|ld\.lld|rust-lld|mold|wild)(-\d+)?$/;
const LINKER_CHOICE =
  /^(-fuse-ld=(lld|mold|gold|bfd|wild)|-Wl,(--as-needed|--no-as-needed|--gc-sections|-z,(now|relro)|--build-id=(none|sha1|uuid)))$/;

/**
 * What of a rustc command line (without the program) only this user gives, in words: the first such argument.
 * Undefined if anybody's Cargo could have written all of it for this package. Where Cargo puts what: cargo 1.95 and
 * 1.97, `build_base_args`, `build_deps_args` and `add_custom_flags` in its compiler/mod.rs.
 */
export function privateArgument(argv: readonly string[], origins: ArgumentOrigins): string | undefined {
  return firstPrivate(argv, "manifest", origins);
}

/** The same for RUSTFLAGS alone (CARGO_ENCODED_RUSTFLAGS, as build scripts get them). */
export function privateRustflag(encoded: string, isShared: ArgumentOrigins["isShared"]): string | undefined {
  const flags = encoded === "" ? [] : encoded.split("\x1f");
  return firstPrivate(flags, "later", { script: undefined, isShared });
}

function firstPrivate(argv: readonly string[], start: Side, origins: ArgumentOrigins): string | undefined {
  const split = splitRustcArgv(argv);
  if (typeof split === "string") return "compiled with arguments that are not understood";
  let side = start;
  for (const option of split.options) {
    if (option.name === "out-dir") side = "later";
    const objection = objectionTo(option, side, origins);
    if (objection !== undefined) return objection;
  }
  return undefined;
}

function objectionTo(option: RustcOption, side: Side, origins: ArgumentOrigins): string | undefined {
  const { name, value = "" } = option;
  const own = `compiled with RUSTFLAGS of your own (${shorten(typedWords(option).join(" "))})`;
  const isScripts = (words: readonly string[] | undefined) => words?.includes(value) === true;
  if (CARGOS.has(name)) return undefined;
  if (name === "g" || name === "O") return undefined;
  if (name === "codegen") return codegenObjection(codegenOption(value), side, own, origins);
  if (name === "cfg") {
    const isFeature = side === "manifest" && value.startsWith("feature=");
    return isFeature || isScripts(printed(origins.script, "rustc-cfg")) ? undefined : own;
  }
  if (name === "check-cfg") {
    return side === "manifest" || isScripts(printed(origins.script, "rustc-check-cfg")) ? undefined : own;
  }
  if (LINTS.has(name)) {
    return side === "manifest" || LINT_GROUPS.has(value.replaceAll("-", "_")) ? undefined : own;
  }
  if (name === "L") {
    const path = /^[a-z]+=/.test(value) ? value.slice(value.indexOf("=") + 1) : value;
    const isOurs = value.startsWith("dependency=") || origins.isShared(path);
    return isOurs ? undefined : `linked with a directory of your own (${shorten(path)})`;
  }
  if (name === "l") return isScripts(utf8(origins.script?.linkLibs)) ? undefined : own;
  return own;
}

function codegenObjection(
  { name, value = "" }: CodegenOption,
  side: Side,
  own: string,
  { script, isShared }: ArgumentOrigins,
): string | undefined {
  const unless = (isStandard: boolean, reason = own) => (isStandard ? undefined : reason);
  if (name === "metadata" || name === "extra-filename")
    return unless(side === "manifest" && HASH.test(value));
  if (name === "incremental") return undefined; // never kept
  if (name === "target-cpu" || name === "tune-cpu") return unless(isStandardCpu(value));
  if (name === "target-feature") {
    return unless(
      value.split(",").every((each) => each === "" || isStandardFeature(each.replace(/^[+-]/, ""))),
    );
  }
  if (name === "linker") {
    return unless(
      LINKER.test(value) || isShared(value),
      `linked by a linker of your own (${shorten(value)})`,
    );
  }
  if (/^(pre-|post-)?link-args?$/.test(name)) {
    const words = name.endsWith("args") ? value.split(" ").filter((word) => word !== "") : [value];
    const isKnown = words.every((word) => LINKER_CHOICE.test(word)) || linkArgsOf(script).includes(value);
    return unless(isKnown, `linked with arguments of your own (${shorten(value)})`);
  }
  return unless(PLAIN_CODEGEN.has(name) && PLAIN_VALUE.test(value));
}

/** `rustc-link-arg=X`, `rustc-link-arg-bins=X`, `rustc-link-arg-bin=NAME=X`, `rustc-cdylib-link-arg=X` */
function linkArgsOf(script: BuildScriptOutput | undefined): readonly string[] {
  const values = (script?.directives ?? []).flatMap(({ key, value }) => {
    if (!/^rustc-(cdylib-)?link-arg(-|$)/.test(key)) return [];
    return key === "rustc-link-arg-bin" ? [value.slice(value.indexOf("=") + 1)] : [value];
  });
  return utf8(values);
}

function printed(script: BuildScriptOutput | undefined, wanted: string): readonly string[] {
  return utf8(script?.directives.flatMap(({ key, value }) => (key === wanted ? [value] : [])));
}

function utf8(latin1: readonly string[] | undefined): readonly string[] {
  return (latin1 ?? []).map((text) => Buffer.from(text, "latin1").toString("utf8"));
}

/** Enough to recognise an argument by. */
const LONGEST_SHOWN = 60;

function shorten(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN - 1)}…`;
}
