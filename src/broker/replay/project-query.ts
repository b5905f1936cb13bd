// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import { type CargoInvocation, optionValue, optionValues, ownArguments } from "../../cargo/invocation.ts";
import { type CargoProject, parseMetadata } from "../../cargo/metadata.ts";
import { askCargo } from "./ask-cargo.ts";
import { cargoDirectory } from "./cargo-config.ts";

export interface ProjectQuery {
  readonly invocation: CargoInvocation;
  /** What Cargo will be started with for the build. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/**
 * Asks Cargo which workspace a command line is about and which target and build directories it will use: about as
 * long as Cargo takes to start, as nothing is resolved. Undefined if it does not say; never rejects.
 */
export async function queryProject({
  invocation,
  env,
  cwd,
}: ProjectQuery): Promise<CargoProject | undefined> {
  const { toolchain } = invocation;
  const { code, stdout } = await askCargo({
    toolchain,
    args: projectArguments(invocation),
    env: projectEnvironment(invocation, env, cwd),
    cwd,
  });
  return code === 0 ? parseMetadata(stdout) : undefined;
}

/** The user's options, as far as they decide about directories. */
function projectArguments(invocation: CargoInvocation): readonly string[] {
  const { args, subcommand, subcommandAt = 0 } = invocation;
  const own = ownArguments(invocation);
  const manifest = optionValue(own, "--manifest-path");
  const given = {
    before: subcommand === "clippy" ? [] : args.slice(0, subcommandAt),
    after: [
      ...(manifest === undefined ? [] : ["--manifest-path", manifest]),
      ...optionValues(own, "--config").flatMap((value) => ["--config", value]),
      ...unstableFlags(own),
    ],
  };
  return [...given.before, "metadata", "--no-deps", "--format-version", "1", ...given.after];
}

/** `cargo metadata` has no `--target-dir`; this variable is stronger than all else. */
function projectEnvironment(
  invocation: CargoInvocation,
  env: NodeJS.ProcessEnv,
  cwd: string,
): NodeJS.ProcessEnv {
  const target = optionValue(ownArguments(invocation), "--target-dir");
  return target === undefined
    ? env
    : { ...env, CARGO_TARGET_DIR: resolve(cargoDirectory(invocation, cwd), target) };
}

function unstableFlags(args: readonly string[]): readonly string[] {
  return args.filter((arg, at) => arg.startsWith("-Z") || args[at - 1] === "-Z");
}
