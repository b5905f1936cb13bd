// SPDX-License-Identifier: MIT OR Apache-2.0
import { isUtf8 } from "node:buffer";

/** One `cargo:KEY=VALUE` or `cargo::KEY=VALUE` line. */
export interface Directive {
  readonly key: string;
  /** latin1 of the bytes. */
  readonly value: string;
  /** `cargo::`, understood since 1.77. */
  readonly syntax: "old" | "new";
}

/** What a build script told Cargo. Lists keep their order. */
export interface BuildScriptOutput {
  readonly directives: readonly Directive[];
  /** Relative to the package's root unless absolute; empty means the root itself. */
  readonly rerunIfChanged: readonly string[];
  readonly rerunIfEnvChanged: readonly string[];
  /** Arguments of `-l`, those in `rustc-flags` included. */
  readonly linkLibs: readonly string[];
  /** Arguments of `-L`, those in `rustc-flags` included. */
  readonly linkSearch: readonly string[];
  /** True if Cargo reruns the script for what it declared only, not for any change in the package. */
  readonly declaresReruns: boolean;
}

const LINE = /^cargo:(:?)([^=]+)=(.*)$/s;
/** Rust trims Unicode's blanks; in latin1 of UTF-8 only ASCII's can be told. */
const TRIM = /^[ \t\r\v\f]+|[ \t\r\v\f]+$/g;

/**
 * Reads a build script's standard output as Cargo does (`BuildOutput::parse` in cargo's `custom_build.rs`):
 * lines that are not UTF-8 are skipped, and so is everything that is no directive.
 */
export function parseBuildScriptOutput(stdout: Buffer): BuildScriptOutput {
  const directives: Directive[] = [];
  const allUtf8 = isUtf8(stdout);
  for (const untrimmed of stdout.toString("latin1").split("\n")) {
    if (!untrimmed.includes("cargo:")) continue;
    if (!allUtf8 && !isUtf8(Buffer.from(untrimmed, "latin1"))) continue;
    const [, colon, key, value] = LINE.exec(untrimmed.replace(TRIM, "")) ?? [];
    if (key === undefined || value === undefined) continue;
    directives.push({ key, value: value.replace(TRIM, ""), syntax: colon === ":" ? "new" : "old" });
  }
  const valuesOf = (wanted: string) =>
    directives.flatMap(({ key, value }) => (key === wanted ? [value] : []));
  const rerunIfChanged = valuesOf("rerun-if-changed");
  const rerunIfEnvChanged = valuesOf("rerun-if-env-changed");
  const flags = valuesOf("rustc-flags").map(splitFlags);
  return {
    directives,
    rerunIfChanged,
    rerunIfEnvChanged,
    linkLibs: [...flags.flatMap(({ libs }) => libs), ...valuesOf("rustc-link-lib")],
    linkSearch: [...flags.flatMap(({ paths }) => paths), ...valuesOf("rustc-link-search")],
    declaresReruns: rerunIfChanged.length + rerunIfEnvChanged.length > 0,
  };
}

/** `-l name -L path -lname`: nothing else is allowed there. */
function splitFlags(flags: string): { readonly libs: readonly string[]; readonly paths: readonly string[] } {
  const libs: string[] = [];
  const paths: string[] = [];
  const words = flags.split(/[ \t]+/).filter((word) => word !== "");
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const into = word.startsWith("-l") ? libs : word.startsWith("-L") ? paths : undefined;
    if (into === undefined) continue;
    into.push(word.length > 2 ? word.slice(2) : (words[++at] ?? ""));
  }
  return { libs, paths };
}
