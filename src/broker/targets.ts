// SPDX-License-Identifier: MIT OR Apache-2.0
import { optionValues } from "../cargo/invocation.ts";
import type { CargoConfig } from "./replay/cargo-config.ts";
import { wordsIn } from "./replay/toml-keys.ts";

/**
 * What Cargo is told to compile for, triples or paths of JSON files, as written; none for the host.
 * @param own the command line without what is for the program
 */
export function targetsOf(
  own: readonly string[],
  env: NodeJS.ProcessEnv,
  config: Pick<CargoConfig, "values">,
): readonly string[] {
  const given = optionValues(own, "--target");
  if (given.length > 0) return given;
  const set = env["CARGO_BUILD_TARGET"];
  return set ? [set] : config.values("build", "target").slice(0, 1).flatMap(wordsIn);
}
