// SPDX-License-Identifier: MIT OR Apache-2.0
import { type CodegenOption, codegenObjection, codegenOption, unstableObjection } from "./codegen-option.ts";
import { linkerFiles, linkerObjection } from "./link-argument.ts";
import { type RustcOption, splitRustcArgv, typedWords } from "./rustc-options.ts";

/** `--extern [options:]name[=path]` */
export interface ExternCrate {
  readonly name: string;
  /** `priv`, `noprelude` … as typed, without the colon; empty without. */
  readonly options: string;
  /** Undefined for crates of the sysroot, such as `proc_macro`. */
  readonly path: string | undefined;
}

/** `-L [kind=]path` */
export interface SearchPath {
  readonly kind: "dependency" | "crate" | "native" | "framework" | "all";
  readonly path: string;
}

/** `-l [kind[:modifiers]=]name[:rename]` */
export interface NativeLib {
  readonly kind: string | undefined;
  /** `+whole-archive`, `-bundle` … as typed, without the colon; empty without. */
  readonly modifiers: string;
  readonly name: string;
  readonly rename: string | undefined;
  readonly verbatim: string;
}

/** A file that an argument names and that dep-info does not mention: the caller digests it if it exists. */
export interface FileInput {
  /** `profile-use`, `target`, `link-arg`, … */
  readonly option: string;
  /** As typed: relative to rustc's working directory, or (linker scripts) to a directory of `-L`. */
  readonly path: string;
}

/**
 * A rustc command line, understood. Lists keep the order of the command line, as it has a meaning for
 * lints, link arguments, native libraries and repeated codegen options (the last one wins).
 */
export interface RustcInvocation {
  readonly crateName: string;
  /** As typed: `lib` is not resolved to `rlib`. Empty means rustc's default, `bin`. */
  readonly crateTypes: readonly string[];
  readonly edition: string | undefined;
  /** The source file as typed. */
  readonly input: string;
  readonly emit: readonly string[];
  readonly outDir: string | undefined;
  /** `-C extra-filename`, empty without. */
  readonly extraFilename: string;
  /** `-C metadata`: rustc adds them all up. */
  readonly metadata: readonly string[];
  /** The values of `--cfg feature="…"`. */
  readonly features: readonly string[];
  /** All other `--cfg`. */
  readonly cfgs: readonly string[];
  readonly checkCfgs: readonly string[];
  /** In Cargo's spelling: `--deny=unsafe_code`. */
  readonly lints: readonly string[];
  readonly capLints: readonly string[];
  readonly externs: readonly ExternCrate[];
  readonly searchPaths: readonly SearchPath[];
  readonly nativeLibs: readonly NativeLib[];
  readonly target: string | undefined;
  readonly sysroot: string | undefined;
  readonly test: boolean;
  /** Codegen options where and as Cargo writes them, from the profile or its configuration; each name once. */
  readonly profile: readonly CodegenOption[];
  /** `-C link-arg` and `-C link-args`, whoever added them. */
  readonly linkArgs: readonly CodegenOption[];
  /** How diagnostics look and nothing else: `--error-format`, `--json`, `--color`, `--diagnostic-width`, `-v`. */
  readonly presentation: readonly string[];
  /**
   * What Cargo would not have written by itself: RUSTFLAGS, `cargo rustc --`, `[target]` and profile rustflags.
   * A heuristic for people to read; nothing semantic is lost whichever list it ends up in.
   */
  readonly rest: readonly string[];
  readonly fileInputs: readonly FileInput[];
}

/** Why a compiler call is passed on untouched. */
export interface Uncacheable {
  /** Lower case, as the end of a sentence: `it uses incremental compilation`. */
  readonly uncacheable: string;
  readonly crateName: string | undefined;
}

/** Codegen options that Cargo 1.95 writes itself before `--out-dir` (`build_base_args` in cargo's compiler/mod.rs). */
const CARGO_BEFORE_OUT_DIR = new Set(
  (
    "codegen-units debug-assertions debuginfo embed-bitcode extra-filename linker-plugin-lto lto metadata opt-level " +
    "overflow-checks panic prefer-dynamic rpath split-debuginfo"
  ).split(" "),
);
/** … and those after it. */
const CARGO_AFTER_OUT_DIR = new Set(["incremental", "linker", "strip"]);

const LINT_LEVELS = new Set(["allow", "warn", "deny", "forbid", "force-warn"]);
const PRESENTATION = new Set(["error-format", "json", "color", "diagnostic-width", "verbose"]);
const NO_COMPILATION = new Set(["print", "version", "help", "explain", "unpretty"]);
/** Given twice, rustc refuses them. */
const SINGLE = new Set(
  "crate-name edition out-dir target sysroot test error-format color diagnostic-width o".split(" "),
);
const FEATURE = /^feature="([^"\\]*)"$/;
const SEARCH_PATH = /^(dependency|crate|native|framework|all)=([\s\S]*)$/;

/**
 * Understands a rustc command line (without the program), or says why its result cannot be cached.
 * Two command lines that differ in anything but output directory, `-L dependency`, paths of `--extern` and
 * presentation give different `canonicalArgs`.
 */
export function parseRustcArgv(argv: readonly string[]): RustcInvocation | Uncacheable {
  if (argv.some((arg) => arg.startsWith("@"))) return no("it reads its arguments from a file");
  const split = splitRustcArgv(argv);
  if (typeof split === "string") return no(split);
  const { options, free } = split;
  const singles = new Map<string, string | undefined>();
  let repeated: string | undefined;
  for (const { name, value } of options) {
    if (!SINGLE.has(name)) continue;
    if (!singles.has(name)) singles.set(name, value);
    else repeated ??= name;
  }
  const crateName = singles.get("crate-name");
  const refuse = (uncacheable: string): Uncacheable => no(uncacheable, crateName);

  if (crateName === undefined || crateName === "___") return refuse("it names no crate");
  if (repeated !== undefined) return refuse(`--${repeated} is given twice`);
  if (free.length > 1) return refuse("it has several inputs");
  const input = free[0];
  if (input === undefined) return refuse("it has no input");
  if (input === "-") return refuse("it reads its source from standard input");

  const codegen: {
    readonly option: CodegenOption;
    readonly byCargo: boolean;
    readonly source: RustcOption;
  }[] = [];
  const parsed = {
    crateTypes: [] as string[],
    emit: [] as string[],
    features: [] as string[],
    cfgs: [] as string[],
    checkCfgs: [] as string[],
    lints: [] as string[],
    capLints: [] as string[],
    externs: [] as ExternCrate[],
    searchPaths: [] as SearchPath[],
    nativeLibs: [] as NativeLib[],
    linkArgs: [] as CodegenOption[],
    profile: [] as CodegenOption[],
    presentation: [] as string[],
    rest: [] as string[],
    fileInputs: [] as FileInput[],
  };
  let afterOutDir = false;
  const addCodegen = (source: RustcOption, text: string): void => {
    const option = codegenOption(text);
    const expected = afterOutDir ? CARGO_AFTER_OUT_DIR : CARGO_BEFORE_OUT_DIR;
    const spelled = source.typed === "-C" && source.apart;
    const seen = codegen.some((earlier) => earlier.option.name === option.name);
    const byCargo = spelled && !seen && expected.has(option.name);
    codegen.push({ option, byCargo, source });
    if (option.name === "link-arg" || option.name === "link-args") parsed.linkArgs.push(option);
    else if (byCargo) parsed.profile.push(option);
    else parsed.rest.push(...restWords(source, option));
  };

  for (const option of options) {
    const { name } = option;
    const value = option.value ?? "";
    if (NO_COMPILATION.has(name)) return refuse(`--${name} asks for information`);
    if (LINT_LEVELS.has(name)) {
      if (value === "help") return refuse("it asks for information");
      parsed.lints.push(`--${name}=${value}`);
    } else if (PRESENTATION.has(name)) parsed.presentation.push(presentationWord(option));
    else if (name === "codegen") addCodegen(option, value);
    else if (name === "g") addCodegen(option, "debuginfo=2");
    else if (name === "O") addCodegen(option, "opt-level=3");
    else if (name === "crate-type") parsed.crateTypes.push(...value.split(","));
    else if (name === "emit") parsed.emit.push(...value.split(","));
    else if (name === "cfg") {
      const feature = FEATURE.exec(value)?.[1];
      if (feature === undefined) parsed.cfgs.push(value);
      else parsed.features.push(feature);
    } else if (name === "check-cfg") parsed.checkCfgs.push(value);
    else if (name === "cap-lints") parsed.capLints.push(value);
    else if (name === "extern") parsed.externs.push(parseExtern(value));
    else if (name === "L") parsed.searchPaths.push(parseSearchPath(value));
    else if (name === "l") parsed.nativeLibs.push(parseNativeLib(value));
    else if (name === "o") return refuse("-o names its output");
    else if (name === "out-dir") afterOutDir = true;
    else if (name === "Z") {
      const unstable = codegenOption(value);
      const objection = unstableObjection(unstable);
      if (objection !== undefined) return refuse(objection);
      parsed.rest.push("-Z", unstable.text);
      if (unstable.name === "profile-sample-use" || unstable.name === "codegen-backend") {
        parsed.fileInputs.push({ option: `-Z ${unstable.name}`, path: unstable.value ?? "" });
      }
      if (unstable.name.startsWith("pre-link-arg")) {
        for (const path of linkerFiles(unstable)) parsed.fileInputs.push({ option: "-Z pre-link-arg", path });
      }
    } else if (!SINGLE.has(name)) parsed.rest.push(...typedWords(option));
  }

  if (parsed.emit.some((kind) => kind.includes("="))) return refuse("--emit names its output");
  for (const { option } of codegen) {
    const objection = codegenObjection(option) ?? linkerObjection(option);
    if (objection !== undefined) return refuse(objection);
    if (option.name === "profile-use")
      parsed.fileInputs.push({ option: "profile-use", path: option.value ?? "" });
    for (const path of linkerFiles(option)) parsed.fileInputs.push({ option: option.name, path });
  }
  const target = singles.get("target");
  if (target?.endsWith(".json")) parsed.fileInputs.push({ option: "target", path: target });

  const last = (name: string) => codegen.findLast(({ option }) => option.name === name)?.option.value;
  return {
    ...parsed,
    crateName,
    edition: singles.get("edition"),
    input,
    outDir: singles.get("out-dir"),
    extraFilename: last("extra-filename") ?? "",
    metadata: codegen.flatMap(({ option }) => (option.name === "metadata" ? [option.value ?? ""] : [])),
    target,
    sysroot: singles.get("sysroot"),
    test: singles.has("test"),
  };
}

function no(uncacheable: string, crateName?: string): Uncacheable {
  return { uncacheable, crateName };
}

function restWords(source: RustcOption, option: CodegenOption): readonly string[] {
  return source.name === "codegen" ? ["-C", option.text] : typedWords(source);
}

function presentationWord({ name, value }: RustcOption): string {
  return value === undefined ? `--${name}` : `--${name}=${value}`;
}

/** rustc_session's `parse_externs`: the path is what follows the first `=`, options what precedes the first `:`. */
function parseExtern(text: string): ExternCrate {
  const equals = text.indexOf("=");
  const head = equals < 0 ? text : text.slice(0, equals);
  const path = equals < 0 ? undefined : text.slice(equals + 1);
  const colon = head.indexOf(":");
  return colon < 0
    ? { name: head, options: "", path }
    : { name: head.slice(colon + 1), options: head.slice(0, colon), path };
}

function parseSearchPath(text: string): SearchPath {
  const match = SEARCH_PATH.exec(text);
  const kind = match?.[1] as SearchPath["kind"] | undefined;
  return kind === undefined ? { kind: "all", path: text } : { kind, path: match?.[2] ?? "" };
}

function parseNativeLib(verbatim: string): NativeLib {
  const equals = verbatim.indexOf("=");
  const [kind, ...modifiers] = equals < 0 ? [] : verbatim.slice(0, equals).split(":");
  const [name = "", ...rename] = verbatim.slice(equals + 1).split(":");
  return {
    kind,
    modifiers: modifiers.join(":"),
    name,
    rename: rename.length === 0 ? undefined : rename.join(":"),
    verbatim,
  };
}
