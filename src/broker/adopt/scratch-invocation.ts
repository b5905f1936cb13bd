// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  type CargoInvocation,
  ownArguments,
  parseCargoInvocation,
  withoutOption,
  wrapInvocation,
} from "../../cargo/invocation.ts";
import { GreenError } from "../../error.ts";
import { setting } from "../replay/place-options.ts";

/** What asks for the same units and runs nothing of the user's. Aliases of the user's have no unit graph. */
const ASKED_AS: Readonly<Record<string, string>> = {
  ...{ build: "build", check: "check", test: "test", bench: "bench", run: "build", rustc: "rustc" },
  ...{ b: "build", c: "check", t: "test", r: "build", clippy: "clippy" },
};
/** With these, what follows `--` is the compiler's; else it is a program's. */
const PASSES_ON = ["rustc", "clippy"];

/** Cargo's directories: of final artifacts, and of all else. */
export interface CargoDirectories {
  readonly target: string;
  readonly build: string;
}

/**
 * Cargo's arguments and variables that make it ask `shim` for every unit of a build, with empty directories of its
 * own. Throws GreenError "usage" for subcommands that leave nothing to adopt.
 */
export function scratchInvocation(
  invocation: CargoInvocation,
  shim: string,
  { target, build }: CargoDirectories,
): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const { args, subcommand = "", subcommandAt = 0 } = invocation;
  const asked = Object.hasOwn(ASKED_AS, subcommand) ? ASKED_AS[subcommand] : undefined;
  if (asked === undefined) {
    throw new GreenError("usage", `What "cargo ${subcommand}" builds cannot be adopted`, {
      hint: "name build, check, test, bench, run, rustc or clippy, with the arguments that you build with",
    });
  }
  const own = withoutOption(ownArguments(invocation), "--target-dir").filter((arg) => arg !== "--no-run");
  const rest = PASSES_ON.includes(asked) && args.includes("--") ? args.slice(args.indexOf("--")) : [];
  const stops = asked === "test" || asked === "bench" ? ["--no-run"] : [];
  const whole = [...args.slice(0, subcommandAt), asked, "--target-dir", target, ...stops, ...own, ...rest];
  const wrapped = wrapInvocation(parseCargoInvocation(whole), shim);
  const at = wrapped.args.findIndex((arg) => arg.startsWith("build.rustc-wrapper=")) + 1;
  const placed = [
    ...wrapped.args.slice(0, at),
    ...["--config", setting("build.build-dir", build)],
    ...wrapped.args.slice(at),
  ];
  return { args: placed, env: wrapped.env };
}
