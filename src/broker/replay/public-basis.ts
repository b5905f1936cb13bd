// SPDX-License-Identifier: MIT OR Apache-2.0
import { privateArgument, privateRustflag } from "../../cargo/private-flags.ts";
import { isStandardTriple } from "../../cargo/rustc-names.ts";
import { isStandardProfile } from "../../cargo/standard-profile.ts";
import { isEverybodys } from "../private-places.ts";

const VARIABLES: readonly (readonly [name: RegExp, isPublic: (value: string) => boolean])[] = [
  [/^CARGO_PROFILE_(DEV|RELEASE|TEST|BENCH)_(BUILD_OVERRIDE_)?[A-Z_]+$/, isPlain],
  [/^CARGO_BUILD_TARGET$/, isStandardTriple],
  [/^(CARGO_BUILD_)?RUSTFLAGS$/, (value) => areFlags(value.split(" ").filter((word) => word !== ""))],
  [/^CARGO_ENCODED_RUSTFLAGS$/, (value) => areFlags(value.split("\x1f").filter((word) => word !== ""))],
  [/^(RUSTC_BOOTSTRAP|RUST_VERSION)$/, (value) => /^[\d.]*$/.test(value)],
];
const OPTION = /^(-Z [a-z-]+(=[a-z0-9,-]*)?|short|-vv)$/;

/**
 * True if the settings that plan keys are made of (`settingsBasis`) could be anybody's. A plan key is a digest of them:
 * whoever has one can try whether they guess a value in an `[env]` table, a linker's path or a package's name.
 */
export function isEverybodysBasis(basis: readonly string[]): boolean {
  return basis.flatMap((text) => text.split("\n")).every(isEverybodysLine);
}

function isEverybodysLine(line: string): boolean {
  if (OPTION.test(line)) return true;
  const [, table, json] = /^([a-z]+) = (\{.*\})$/.exec(line) ?? [];
  if (table !== undefined && json !== undefined) return isEverybodysTable(table, json);
  const [, name = "", value = ""] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
  return VARIABLES.some(([wanted, isPublic]) => wanted.test(name) && isPublic(value));
}

function isEverybodysTable(table: string, json: string): boolean {
  const entries = Object.entries(JSON.parse(json) as Record<string, unknown>);
  switch (table) {
    case "profile":
      return entries.every(([name, profile]) => isStandardProfile(name) && isEverybodysProfile(profile));
    case "unstable":
      return entries.every(([, value]) => areWords(value));
    case "build":
      return entries.every(([name, value]) => isEverybodysBuild(name, value));
    case "target":
      return entries.every(
        ([name, target]) =>
          isStandardTriple(name) && isTable(target) && Object.entries(target).every(isEverybodysTarget),
      );
    default:
      return false;
  }
}

function isEverybodysProfile(profile: unknown): boolean {
  return (
    isTable(profile) &&
    Object.entries(profile).every(([name, value]) =>
      name === "build-override" ? isEverybodysProfile(value) : isPlain(value),
    )
  );
}

function isEverybodysBuild(name: string, value: unknown): boolean {
  if (name === "target") return wordsOf(value)?.every(isStandardTriple) === true;
  return name === "rustflags" && areFlags(wordsOf(value));
}

function isEverybodysTarget([name, value]: readonly [string, unknown]): boolean {
  if (name === "linker" && typeof value === "string")
    return (
      privateArgument(["-C", `linker=${value}`], { script: undefined, isShared: isEverybodys }) === undefined
    );
  return name === "rustflags" && areFlags(wordsOf(value));
}

function areFlags(words: readonly string[] | undefined): boolean {
  return words !== undefined && privateRustflag(words.join("\x1f"), isEverybodys) === undefined;
}

/** One text has blanks between its words. */
function wordsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === "string") return value.split(" ").filter((word) => word !== "");
  return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;
}

function areWords(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isPlain) : isPlain(value);
}

/** Numbers, switches, and what Cargo knows by itself. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "string") return typeof value === "boolean" || typeof value === "number";
  return /^(\d*|true|false|none|off|on|all|limited|full|line-tables-only|line-directives-only|s|z|fat|thin|abort|unwind|debuginfo|symbols|packed|unpacked|object|std|core|alloc|test|panic_abort|panic_unwind|proc_macro|compiler-builtins-mem)$/.test(
    value,
  );
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
