// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Package } from "../cargo/package.ts";
import { GreenError } from "../error.ts";
import type { Machine } from "./machine.ts";

/**
 * The state of a package's repository as it goes into a key; undefined if the package lies in none.
 * Throws GreenError "environment" if git does not tell: what may depend on it must not be cached.
 */
export async function gitInput(
  own: Package,
  env: ReadonlyMap<string, string>,
  machine: Machine,
): Promise<string | undefined> {
  const state = await machine.git(own.root, env);
  if (state === "unknown") {
    throw new GreenError("environment", `git could not describe the repository of ${own.name}`);
  }
  return state;
}
