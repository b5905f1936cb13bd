// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RustcInvocation } from "./rustc-argv.ts";

type Naming = Pick<RustcInvocation, "crateName" | "extraFilename" | "emit" | "crateTypes" | "test">;

/** Endings of an executable's name and of what linkers put beside it, on any platform. */
const EXECUTABLE = [
  "",
  ".exe",
  ".wasm",
  ".js",
  ".efi",
  ".elf",
  ".dwp",
  ".exe.dwp",
  ".pdb",
  ".dSYM",
  ".lib",
  ".exp",
];
const DYNAMIC_PLAIN = [".dll", ".dll.lib", ".dll.exp", ".wasm", ".js", ".pdb"];
const DYNAMIC_LIB = [".so", ".dylib", ".so.dwp", ".dylib.dSYM", ".dwp", ".dll.a"];
/** What single codegen units leave behind: with `split-debuginfo=unpacked`, or with `--emit obj`, `asm` … */
const PER_UNIT: Readonly<Record<string, readonly string[]>> = {
  link: ["dwo", "o"],
  asm: ["s"],
  "llvm-bc": ["bc"],
  "llvm-ir": ["ll"],
  mir: ["mir"],
  obj: ["o", "dwo"],
  "thin-link-bitcode": ["indexing.o"],
};

/**
 * Which entries of `--out-dir` this unit wrote, by rustc's naming rules
 * (rustc_session's `output.rs` and `config.rs`, checked with 1.95 and 1.97):
 * the stem is crate name and extra-filename, libraries have `lib` before it, and a dot follows.
 * Neither `foo-1234` nor `libfoo.d` (of a crate `libfoo`) is ever taken for a file of crate `foo`.
 * On macOS an entry may be a directory (`.dSYM`).
 */
export function outputFiles(invocation: Naming, dirEntries: Iterable<string>): readonly string[] {
  const names = expectedNames(invocation);
  const stem = `${invocation.crateName}${invocation.extraFilename}.`;
  const endings = emitted(invocation)
    .flatMap((kind) => PER_UNIT[kind] ?? [])
    .map((ending) => `.${ending}`);
  return [...dirEntries].filter(
    (entry) =>
      names.has(entry) ||
      (entry.startsWith(stem) &&
        endings.some((ending) => entry.endsWith(ending) && entry.length > stem.length)),
  );
}

/** The path below `--out-dir` of what dependents are compiled against or what is run, where the platform is Unix. */
export function primaryOutputs(invocation: Naming): readonly string[] {
  return [...expectedNames(invocation)].filter(
    (name) => /^lib.*\.(rlib|rmeta|so|dylib|a)$/.test(name) || !name.includes("."),
  );
}

/**
 * What there must be once this unit was compiled: of each list one name below `--out-dir`, which depends on the
 * platform.
 */
export function requiredOutputs(invocation: Naming): readonly (readonly string[])[] {
  const { crateName, extraFilename, crateTypes, test } = invocation;
  const emit = emitted(invocation);
  const stem = `${crateName}${extraFilename}`;
  const program = ["", ".exe", ".wasm", ".js", ".efi", ".elf"].map((ending) => `${stem}${ending}`);
  const dynamic = [`lib${stem}.so`, `lib${stem}.dylib`, `${stem}.dll`, `${stem}.wasm`, `${stem}.js`];
  const linked = (type: string): readonly string[] => {
    if (type === "bin") return program;
    if (type === "lib" || type === "rlib") return [`lib${stem}.rlib`];
    return type === "staticlib" ? [`lib${stem}.a`, `${stem}.lib`] : dynamic;
  };
  return [
    ...(emit.includes("dep-info") ? [[`${stem}.d`]] : []),
    ...(emit.includes("metadata") ? [[`lib${stem}.rmeta`]] : []),
    ...(emit.includes("link") ? typesOf({ crateTypes, test }).map(linked) : []),
  ];
}

function typesOf({ crateTypes, test }: Pick<Naming, "crateTypes" | "test">): readonly string[] {
  return test || crateTypes.length === 0 ? ["bin"] : crateTypes;
}

/** rustc's default is `link`. */
function emitted({ emit }: Naming): readonly string[] {
  return emit.length === 0 ? ["link"] : emit;
}

function expectedNames(invocation: Naming): ReadonlySet<string> {
  const { crateName, extraFilename, crateTypes, test } = invocation;
  const emit = emitted(invocation);
  const stem = `${crateName}${extraFilename}`;
  const names = new Set<string>();
  const add = (prefix: string, endings: readonly string[]): void => {
    for (const ending of endings) names.add(`${prefix}${stem}${ending}`);
  };
  if (emit.includes("dep-info")) add("", [".d"]);
  if (emit.includes("metadata")) add("lib", [".rmeta"]);
  if (!emit.includes("link")) return names;
  for (const type of typesOf({ crateTypes, test })) {
    if (type === "bin") add("", EXECUTABLE);
    else if (type === "lib" || type === "rlib") add("lib", [".rlib"]);
    else if (type === "staticlib") {
      add("lib", [".a"]);
      add("", [".lib"]);
    } else {
      add("lib", DYNAMIC_LIB);
      add("", DYNAMIC_PLAIN);
    }
  }
  return names;
}
