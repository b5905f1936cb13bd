// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { installPrograms } from "../lib/install/install-programs.ts";
import { servicesDirectory } from "../services.d/directory.ts";
import { PROGRAMS } from "../services.d/programs.ts";
import { enginesDirectory } from "./directory.ts";
import { COMMON_PROGRAMS, ENGINES, type EngineName, TEST_PROGRAMS } from "./engines.ts";
import { environmentWith } from "./environment.ts";
import { findBaseImage, makeBaseImage } from "./image/base-image.ts";
import { baseImageRecipe } from "./image/recipe.ts";
import { ENGINE_PROGRAMS, type EngineProgramName } from "./programs.ts";

type Say = (line: string) => void;

/** Where base images are kept. */
export function imageDirectory(env: NodeJS.ProcessEnv): string {
  return join(enginesDirectory(env), "images");
}

/** Brings what is not there yet for these engines, and the base image. Returns the engines that cannot be started. */
export async function installEngines(
  names: readonly EngineName[],
  env: NodeJS.ProcessEnv,
  say: Say,
): Promise<readonly EngineName[]> {
  const install = (wanted: readonly EngineProgramName[]) =>
    installPrograms(ENGINE_PROGRAMS, wanted, { directory: enginesDirectory(env), env, say });
  const services = { directory: servicesDirectory(env), env, say };
  const lacking = [
    ...(await install(COMMON_PROGRAMS)),
    ...(await installPrograms(PROGRAMS, ["registry", "crane"], services)),
  ];
  if (lacking.length > 0) return names;
  const wanted = [...new Set(names.flatMap((name) => ENGINES[name].programs))];
  // Both wait for the network, and run one process alone, for long stretches.
  const [missing, made] = await Promise.all([
    install([...wanted, ...TEST_PROGRAMS]),
    installBaseImage(env, say),
  ]);
  if (!made) return names;
  return names.filter((name) => ENGINES[name].programs.some((program) => missing.includes(program)));
}

async function installBaseImage(env: NodeJS.ProcessEnv, say: Say): Promise<boolean> {
  const start = performance.now();
  try {
    const recipe = await baseImageRecipe(env);
    if (findBaseImage(recipe, imageDirectory(env)) !== undefined) {
      say("base image: there");
      return true;
    }
    const { PATH } = environmentWith(["mmdebstrap"], env);
    await makeBaseImage(recipe, imageDirectory(env), { ...env, PATH });
  } catch (error) {
    say(`base image: ${error instanceof Error ? error.message : error}`);
    return false;
  }
  say(`base image: made in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return true;
}
