// SPDX-License-Identifier: MIT OR Apache-2.0
import { type CargoInvocation, ownArguments, withoutOption } from "../../cargo/invocation.ts";
import type { CargoConfig } from "./cargo-config.ts";
import { type ArgumentPlaces, placeOptions, setting } from "./place-options.ts";

/** Subcommands that have a unit graph, with Cargo's own short names. */
const ASKED_AS: Readonly<Record<string, string>> = {
  ...{ build: "build", check: "check", test: "test", bench: "bench", run: "run" },
  ...{ doc: "doc", rustc: "rustc", rustdoc: "rustdoc" },
  ...{ b: "build", c: "check", t: "test", r: "run", d: "doc" },
  // It starts `cargo check` with its driver in RUSTC_WORKSPACE_WRAPPER, of which the graph says nothing.
  clippy: "check",
};

/** They answer something else, or are answered by no graph. */
const OTHER_QUESTIONS = [
  "-h",
  "--help",
  "-V",
  "--version",
  "--explain",
  "--unit-graph",
  "--build-plan",
  "--fix",
];

/** What Cargo is asked a unit graph with. */
export interface GraphQuestion {
  /** Cargo's full name of it. */
  readonly subcommand: string;
  /** Without `+toolchain`. */
  readonly args: readonly string[];
  /** Undefined values are removed. */
  readonly env: NodeJS.ProcessEnv;
}

export interface QuestionContext {
  readonly config: CargoConfig;
  readonly env: NodeJS.ProcessEnv;
  /** The compiler wrapper that keeps RUSTC_BOOTSTRAP from the compiler. */
  readonly shim: string;
  /** An empty directory: the target and build directory of the question. */
  readonly nowhere: string;
}

/**
 * How to ask for the graph of exactly what the user asked for; or why there is none.
 *
 * Cargo answers with `-Z unstable-options` only, and a stable one takes that with RUSTC_BOOTSTRAP=1 only, which has
 * side effects: see README.md.
 */
export function graphQuestion(
  invocation: CargoInvocation,
  { config, env, shim, nowhere }: QuestionContext,
): GraphQuestion | { readonly none: string } {
  const { args, subcommandAt = 0, subcommand = "" } = invocation;
  const asked = Object.hasOwn(ASKED_AS, subcommand) ? ASKED_AS[subcommand] : undefined;
  if (asked === undefined) return { none: `cargo ${subcommand} has no unit graph` };
  const alias = `CARGO_ALIAS_${subcommand.toUpperCase()}`;
  if (asked !== subcommand && (config.has("alias", subcommand) || env[alias] !== undefined)) {
    return { none: `"${subcommand}" is an alias of the user's` };
  }
  const own = ownArguments(invocation);
  const other = [...args.slice(0, subcommandAt), ...own].find((arg) => OTHER_QUESTIONS.includes(arg));
  if (other !== undefined) return { none: `there is no unit graph with ${other}` };
  const isClippy = subcommand === "clippy";
  return {
    subcommand: asked,
    args: questionArguments({
      subcommand: asked,
      // Cargo drops its own options when it starts an external subcommand.
      before: isClippy ? [] : args.slice(0, subcommandAt),
      after: withoutOption(own, "--target-dir").filter(
        (arg) => arg !== "--open" && !(isClippy && arg === "--no-deps"),
      ),
      shim,
      nowhere,
    }),
    env: questionEnvironment(env, usesUnstable([...args.slice(0, subcommandAt), ...own], config, env)),
  };
}

interface Arguments extends ArgumentPlaces {
  readonly subcommand: string;
  readonly shim: string;
  readonly nowhere: string;
}

/** Ours stand before what could be an argument of the user's program. */
function questionArguments({ subcommand, shim, nowhere, ...user }: Arguments): readonly string[] {
  const settings = [setting("build.rustc-wrapper", shim), setting("build.build-dir", nowhere)];
  const configured = placeOptions(user, "--config", settings);
  const { before, after } = placeOptions(configured, "-Z", ["unstable-options"]);
  return [...before, subcommand, "--unit-graph", "--target-dir", nowhere, ...after];
}

/** True if a stable Cargo that takes itself for an unstable one would do otherwise than it does. */
function usesUnstable(args: readonly string[], config: CargoConfig, env: NodeJS.ProcessEnv): boolean {
  return (
    config.has("unstable") ||
    config.has("env", "RUSTC_BOOTSTRAP") ||
    env["RUSTC_BOOTSTRAP"] !== undefined ||
    Object.keys(env).some((name) => name.startsWith("CARGO_UNSTABLE_")) ||
    args.some((arg) => arg.startsWith("-Z") || arg === "-C")
  );
}

/** With `unstable`, Cargo is asked as it is: a nightly one answers, a stable one refuses. */
function questionEnvironment(env: NodeJS.ProcessEnv, unstable: boolean): NodeJS.ProcessEnv {
  return {
    ...env,
    RUSTC_WRAPPER: undefined,
    CARGO_BUILD_RUSTC_WRAPPER: undefined,
    CARGOGREEN_SOCKET: undefined,
    CARGOGREEN_BYPASS: "1", // whatever it starts is a probe
    ...(unstable ? {} : { RUSTC_BOOTSTRAP: "1", CARGOGREEN_GRAPH: "1" }),
  };
}
