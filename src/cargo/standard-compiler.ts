// SPDX-License-Identifier: MIT OR Apache-2.0
import { isStandardTriple } from "./rustc-names.ts";

/** As rust-lang.org's and distributions' compilers call themselves. */
const FIRST =
  /^rustc \d+\.\d+\.\d+(-nightly|-beta(\.\d+)?)?( \([0-9a-f]{7,12} \d{4}-\d{2}-\d{2}\))?( \((built from a source tarball|Arch Linux rust [\d:.-]+|(Fedora|Red Hat) [\d.-]+(\.(fc|el)[\d_]+)?|Homebrew)\))?$/;
/** What follows in `rustc -vV`, and the digests that we add where no commit pins a compiler. */
const OTHERS =
  /^(binary: rustc|commit-hash: ([0-9a-f]{40}|unknown)|commit-date: (\d{4}-\d{2}-\d{2}|unknown)|release: \d+\.\d+\.\d+(-nightly|-beta(\.\d+)?)?|LLVM version: [\d.]+|(rustc|librustc_driver-[0-9a-f]+\.\w+) [0-9a-f]{64})$/;

/**
 * True for what `rustc -vV` prints (RustcIdentity's `text`) if many have this compiler: one that somebody built may
 * call itself by a name of theirs.
 */
export function isStandardCompiler(text: string): boolean {
  const [first = "", ...others] = text.trimEnd().split("\n");
  return (
    FIRST.test(first) &&
    others.every((line) => OTHERS.test(line) || isStandardTriple(/^host: (.+)$/.exec(line)?.[1] ?? ""))
  );
}
