// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { type CargoInvocation, optionValues, ownArguments } from "../../cargo/invocation.ts";
import { normaliseText, type PathRoots } from "../../cargo/roots.ts";
import type { CargoConfig } from "./cargo-config.ts";
import { messageBasis } from "./message-basis.ts";

/** Tables of Cargo's configuration that say nothing about a compiler's call. */
const OTHER_TABLES: ReadonlySet<string> = new Set(
  (
    "alias cache cargo-new credential-alias doc future-incompat-report http install net paths registries registry source " +
    "term"
  ).split(" "),
);
/** Keys of `[build]` that say how to build, not what. */
const OTHER_KEYS: ReadonlySet<string> = new Set(
  "jobs rustc-wrapper target-dir build-dir incremental dep-info-basedir warnings".split(" "),
);
const VARIABLES = /^(CARGO_|RUST)/;
/** CARGO_INCREMENTAL shows in the graph, in the profiles of the units that it is about. */
const OTHER_VARIABLES =
  /^(CARGO_(HOME|TARGET_DIR|INCREMENTAL|BUILD_(INCREMENTAL|TARGET_DIR|BUILD_DIR|JOBS|RUSTC_WRAPPER|DEP_INFO_BASEDIR)|TERM_.*|NET_.*|HTTP_.*|REGISTR.*|INSTALL_.*|ALIAS_.*|MAKEFLAGS|LOG|PKG_.*|MANIFEST_.*|CRATE_NAME|BIN_NAME|PRIMARY_PACKAGE)|RUSTUP_.*|RUSTC_WRAPPER|RUST_(BACKTRACE|LIB_BACKTRACE|LOG|MIN_STACK|RECURSION_COUNT|TEST_.*))$/s;

export interface BasisFacts {
  readonly invocation: CargoInvocation;
  readonly env: NodeJS.ProcessEnv;
  readonly config: CargoConfig;
  readonly roots: PathRoots;
}

/**
 * What decides how Cargo will call the compiler and stands neither in the graph nor in a call: its configuration, its
 * variables and the options that change either, without this machine's places.
 */
export async function settingsBasis({
  invocation,
  env,
  config,
  roots,
}: BasisFacts): Promise<readonly string[]> {
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && VARIABLES.test(name) && !OTHER_VARIABLES.test(name) ? [`${name}=${value}`] : [],
  );
  const { args } = invocation;
  const files = config.places.filter((path) => existsSync(path));
  // A `--config` that names a file is among the files.
  const given = optionValues(args, "--config").filter((value) => value.includes("="));
  const texts = [...files.map((path) => readFileSync(path, "utf8")), ...given];
  const tables = (await Promise.all(texts.map(tablesOf))).filter((each) => each !== "");
  const all = [...variables.sort(), ...unstableOptions(args), ...tables, ...messageBasis(invocation)];
  return all.map((each) => normaliseText(each, roots));
}

/** `-Z name` and `-Zname`. */
function unstableOptions(args: readonly string[]): readonly string[] {
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const attached = own.flatMap((arg) => (arg.startsWith("-Z") && arg !== "-Z" ? [arg.slice(2)] : []));
  return [...optionValues(own, "-Z"), ...attached].map((option) => `-Z ${option}`);
}

/** What compiles the workspace's own packages. */
export function memberCompiler({ subcommand }: CargoInvocation): string {
  return subcommand === "clippy" ? "clippy" : "rustc";
}

/** Arguments for the requested units alone; Cargo's graph does not show what they do. */
export function rootArguments(invocation: CargoInvocation): readonly string[] {
  const { args, subcommand } = invocation;
  if (subcommand !== "rustc" && subcommand !== "clippy") return [];
  const own = ownArguments(invocation);
  const types = optionValues(own, "--crate-type").map((type) => `--crate-type ${type}`);
  return args.includes("--") ? [...types, ...args.slice(args.indexOf("--"))] : types;
}

/** What counts of some TOML, in one form; empty if nothing does. */
async function tablesOf(text: string): Promise<string> {
  const { parse } = await import("smol-toml");
  try {
    const tables = Object.entries(parse(text, { integersAsBigInt: true })).flatMap(([name, table]) => {
      if (OTHER_TABLES.has(name)) return [];
      const counts = JSON.stringify(table, (key, value: unknown) =>
        name === "build" && OTHER_KEYS.has(key)
          ? undefined
          : typeof value === "bigint"
            ? String(value)
            : value,
      );
      return counts === "{}" ? [] : [`${name} = ${counts}`];
    });
    return tables.join("\n");
  } catch {
    return text; // Cargo is the one to complain
  }
}
