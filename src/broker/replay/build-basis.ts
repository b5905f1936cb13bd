// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { type CargoInvocation, optionValues, ownArguments } from "../../cargo/invocation.ts";
import { normaliseText, type PathRoots } from "../../cargo/roots.ts";
import type { CargoConfig } from "./cargo-config.ts";

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
  /^(CARGO_(HOME|TARGET_DIR|BUILD_(TARGET_DIR|BUILD_DIR|JOBS|RUSTC_WRAPPER|DEP_INFO_BASEDIR)|INCREMENTAL|TERM_.*|NET_.*|HTTP_.*|REGISTR.*|INSTALL_.*|ALIAS_.*|MAKEFLAGS|LOG|PKG_.*|MANIFEST_.*|CRATE_NAME|BIN_NAME|PRIMARY_PACKAGE)|RUSTUP_.*|RUSTC_WRAPPER|RUST_(BACKTRACE|LIB_BACKTRACE|LOG|MIN_STACK|RECURSION_COUNT|TEST_.*))$/s;

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
  const { args, subcommand } = invocation;
  const options = ["--config", "-Z"].flatMap((name) =>
    optionValues(args, name).map((value) => `${name} ${value}`),
  );
  const files = config.places.filter((path) => existsSync(path));
  const tables = await Promise.all(files.map(tablesOf));
  const all = [subcommand === "clippy" ? "clippy" : "rustc", ...variables.sort(), ...options, ...tables];
  return all.map((each) => normaliseText(each, roots));
}

/** Arguments for the requested units alone; Cargo's graph does not show what they do. */
export function rootArguments(invocation: CargoInvocation): readonly string[] {
  const { args, subcommand } = invocation;
  if (subcommand !== "rustc" && subcommand !== "clippy") return [];
  const own = ownArguments(invocation);
  const types = optionValues(own, "--crate-type").map((type) => `--crate-type ${type}`);
  return args.includes("--") ? [...types, ...args.slice(args.indexOf("--"))] : types;
}

async function tablesOf(path: string): Promise<string> {
  const text = readFileSync(path, "utf8");
  const { parse } = await import("smol-toml");
  try {
    const tables = Object.entries(parse(text, { integersAsBigInt: true })).filter(
      ([name]) => !OTHER_TABLES.has(name),
    );
    return JSON.stringify(tables, (key, value: unknown) =>
      OTHER_KEYS.has(key) ? undefined : typeof value === "bigint" ? String(value) : value,
    );
  } catch {
    return text; // Cargo is the one to complain
  }
}
