// SPDX-License-Identifier: MIT OR Apache-2.0
import { join, resolve } from "node:path";
import { splitRustcArgv } from "../cargo/rustc-options.ts";

/**
 * The executable that a compilation of a build script writes, absolute; undefined if the command line does not tell.
 * `argv` is without the program.
 */
export function scriptExecutable(argv: readonly string[], cwd: string): string | undefined {
  const split = splitRustcArgv(argv);
  if (typeof split === "string") return undefined;
  const values = (name: string) => split.options.flatMap((option) => (option.name === name ? [option] : []));
  const crateName = values("crate-name").at(-1)?.value;
  const outDir = values("out-dir").at(-1)?.value;
  if (crateName === undefined || outDir === undefined || !writesExecutable(values("emit"))) return undefined;
  const extra = values("codegen").flatMap(
    ({ value }) => /^extra-filename=(.*)$/s.exec(value ?? "")?.[1] ?? [],
  );
  return join(resolve(cwd, outDir), `${crateName}${extra.at(-1) ?? ""}`);
}

function writesExecutable(emit: readonly { readonly value: string | undefined }[]): boolean {
  return emit.length === 0 || emit.some(({ value }) => value?.split(",").includes("link") === true);
}
