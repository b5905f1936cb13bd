// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RustcInvocation } from "./rustc-argv.ts";
import { joinWords } from "./words.ts";

/**
 * All of a command line that the result depends on, by labels as a person would name them; absent means not given.
 * Left out: output directory, `-L dependency`, paths of externs (the caller knows the units behind them) and presentation.
 *
 * @param normalise Replaces the machine's paths in an argument; gets whole arguments, which may hold a path
 * anywhere (`--remap-path-prefix=/a=b`).
 */
export function canonicalArgs(
  invocation: RustcInvocation,
  normalise: (argument: string) => string,
): Readonly<Record<string, string>> {
  const pieces: Record<string, string> = {};
  const put = (label: string, words: readonly string[]): void => {
    if (words.length > 0) pieces[label] = joinWords(words.map(normalise));
  };
  const optional = (text: string | undefined): readonly string[] => (text === undefined ? [] : [text]);

  put("crate name", [invocation.crateName]);
  put("crate types", invocation.crateTypes);
  put("source", [invocation.input]);
  put("edition", optional(invocation.edition));
  put("emit", invocation.emit);
  if (invocation.test) pieces["test harness"] = "yes";
  put("target", optional(invocation.target));
  put("sysroot", optional(invocation.sysroot));
  put("features", invocation.features);
  put("cfg", invocation.cfgs);
  put("check-cfg", invocation.checkCfgs);
  put("lints", invocation.lints);
  put("cap-lints", invocation.capLints);
  put(
    "externs",
    invocation.externs.map(({ name, options, path }) => {
      return `${options === "" ? "" : `${options}:`}${name}${path === undefined ? "@sysroot" : ""}`;
    }),
  );
  put(
    "search paths",
    invocation.searchPaths.flatMap(({ kind, path }) => (kind === "dependency" ? [] : [`${kind}=${path}`])),
  );
  put(
    "native libraries",
    invocation.nativeLibs.map(({ verbatim }) => verbatim),
  );
  put(
    "link arguments",
    invocation.linkArgs.map(({ text }) => text),
  );
  for (const { name, value } of invocation.profile) {
    pieces[labelOf(name)] = value === undefined ? "(given)" : joinWords([normalise(value)]);
  }
  put("RUSTFLAGS", invocation.rest);
  return pieces;
}

function labelOf(name: string): string {
  if (name === "metadata" || name === "extra-filename") return `-C ${name}`;
  return name === "linker" ? name : `profile ${name}`;
}
