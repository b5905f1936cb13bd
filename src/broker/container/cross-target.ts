// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type CrossTarget, readCrossTarget } from "../../containerfile/base/cross-config.ts";
import { GreenError } from "../../error.ts";

/** What a project tells `cross` of the target that it is built for. */
export interface FoundCross {
  readonly target: CrossTarget;
  /** Text of the script that `pre-build` names; undefined if it names none. */
  readonly script: string | undefined;
}

/**
 * Reads `Cross.toml`, where cross itself looks for it: what CROSS_CONFIG names, or beside the workspace's manifest.
 * Undefined if there is none, if it says nothing of the target, or if more than one target is built: cross builds one.
 * @throws GreenError "config" for a file that is wrong, or names a script that is not there
 */
export async function findCross(
  targets: readonly string[],
  project: string,
  env: NodeJS.ProcessEnv,
): Promise<FoundCross | undefined> {
  const [triple, another] = targets;
  if (triple === undefined || another !== undefined) return undefined;
  const file = env["CROSS_CONFIG"] ? resolve(project, env["CROSS_CONFIG"]) : join(project, "Cross.toml");
  const text = await readFile(file, "utf8").catch(() => undefined);
  const target = text === undefined ? undefined : await readCrossTarget(text, file, triple);
  if (target === undefined) return undefined;
  const { preBuild } = target;
  if (preBuild === undefined || !("script" in preBuild)) return { target, script: undefined };
  const path = resolve(dirname(file), preBuild.script);
  const script = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new GreenError("config", `${file}: there is no script "${path}" for pre-build`, {
      hint: "write the commands themselves as a list, or the script's path from there",
      cause,
    });
  });
  return { target, script };
}

/** The variables that units get, and see, for it: those that are set here, and those that it gives values to. */
export function crossVariables(
  { passthrough, env: given }: Pick<CrossTarget, "passthrough" | "env">,
  env: NodeJS.ProcessEnv,
): ReadonlyMap<string, string> {
  const passed = passthrough.flatMap((name): [string, string][] => {
    const value = env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return new Map([...passed, ...given]);
}
