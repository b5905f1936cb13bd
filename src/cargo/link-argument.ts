// SPDX-License-Identifier: MIT OR Apache-2.0
import type { CodegenOption } from "./codegen-option.ts";

/** Arguments by which a linker or compiler driver writes another file, or takes this machine as it is. */
const WRITES_A_FILE =
  /^(-o|--?output|--?Map(=|$)|-M$|--print-map|--dependency-file|--out-implib|--reproduce)/;
const NATIVE = /^-m(cpu|arch|tune)=native$/;
/** Options whose value is a file that the linker reads (GNU ld, lld, mold, ld64). */
const READS_A_FILE =
  /^(?:-T|--?script|--default-script|--version-script|--dynamic-list|--export-dynamic-symbol-list|--retain-symbols-file|--just-symbols|-R|--symbol-ordering-file|-exported_symbols_list|-unexported_symbols_list|-order_file)(?:=|$)/;
const SCRIPT_JOINED = /^-T(?![a-z]*=)(.+)$/; // `-Tlink.x`, not `-Ttext=0x…`
const LOOKS_LIKE_A_FILE = /\.(o|a|so|ld|lds|x|map|def|ver|txt|sym|syms|exp|list|json|obj|lib|res)$/;

function isLinkArgument({ name }: CodegenOption): boolean {
  return /^(pre-|post-)?link-args?$/.test(name);
}

/** The single arguments in a `link-arg` or `link-args`, those after `-Wl,` and `-Xlinker` included. */
export function linkerWords(option: CodegenOption): readonly string[] {
  if (!isLinkArgument(option)) return [];
  const value = option.value ?? "";
  const words = option.name.endsWith("args") ? value.split(" ").filter((word) => word !== "") : [value];
  return words.flatMap((word) => (/^-W[la],/.test(word) ? word.split(",").slice(1) : [word]));
}

/** Why a link argument makes the result uncacheable; undefined if it does not. */
export function linkerObjection(option: CodegenOption): string | undefined {
  for (const word of linkerWords(option)) {
    if (WRITES_A_FILE.test(word)) return `the linker is told to write another file (${word})`;
    if (NATIVE.test(word)) return "it is linked for the processor of this machine";
    if (word.startsWith("@")) return "the linker reads its arguments from a file";
  }
  return undefined;
}

/** Paths in a link argument that may be files the result depends on; which of them exist is for the caller to see. */
export function linkerFiles(option: CodegenOption): readonly string[] {
  return linkerWords(option).flatMap((word) => {
    const equals = word.indexOf("=");
    if (READS_A_FILE.test(word)) return equals < 0 ? [] : [word.slice(equals + 1)];
    const script = SCRIPT_JOINED.exec(word)?.[1];
    if (script !== undefined) return [script];
    if (word.startsWith("-")) {
      const value = equals < 0 ? "" : word.slice(equals + 1);
      return value.includes("/") ? [value] : [];
    }
    return word.includes("/") || LOOKS_LIKE_A_FILE.test(word) ? [word] : [];
  });
}

/**
 * The files that a linker script reads (https://sourceware.org/binutils/docs-2.44/ld/File-Commands.html), searched for
 * as those of link arguments are.
 */
export function namedInScript(script: string): readonly string[] {
  const text = script.replaceAll(/\/\*[\s\S]*?\*\//g, " ");
  const included = [...text.matchAll(/\bINCLUDE\s+"?([^\s;"]+)/g)].flatMap(([, name]) => name ?? []);
  const inputs = [...text.matchAll(/\b(?:INPUT|GROUP)\s*\(([^;{}]*)\)/g)]
    .flatMap(([, list = ""]) => list.split(/[\s,()"]+/))
    .filter((name) => name !== "" && !/^(AS_NEEDED|INPUT|GROUP|-l.*)$/.test(name));
  return [...included, ...inputs];
}
