// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { freePort } from "../../test/support/services/listening.ts";
import { program } from "../../test/support/services/program.ts";
import { run } from "../lib/run.ts";
import { type EngineAccess, writeAccess } from "./access.ts";
import { makeCertificates } from "./certificates.ts";
import type { EngineContext } from "./context.ts";
import type { EngineName } from "./engines.ts";
import { environmentWith } from "./environment.ts";
import { BASE_IMAGE_REPOSITORY, type BaseImage, findBaseImage } from "./image/base-image.ts";
import { baseImageRecipe } from "./image/recipe.ts";
import { imageDirectory } from "./install.ts";
import { registryDaemon } from "./registry.ts";
import type { Running } from "./running.ts";
import { STARTERS } from "./start-engines.ts";

export interface UpOptions {
  readonly running: Running;
  readonly env: NodeJS.ProcessEnv;
  /** Is told of each engine, in a line. */
  readonly say: (line: string) => void;
}

/**
 * Starts engines, all at once, each with the base image, and writes how to reach them into the run directory. What
 * they need must be installed. Returns those that could not be started.
 */
export async function startEngines(
  names: readonly EngineName[],
  { running, env, say }: UpOptions,
): Promise<readonly EngineName[]> {
  const image = findBaseImage(await baseImageRecipe(env), imageDirectory(env));
  if (image === undefined) throw new Error("There is no base image: hack/engine install makes it");
  const registry = await startRegistry(running, image, env);
  const context: EngineContext = {
    ...{ running, env, image, ...registry },
    certificates: makeCertificates(join(running.directory, "certificates")),
    network: running.network(environmentWith(["nft"], env)),
  };
  const engines: { [Name in EngineName]?: EngineAccess[Name] } = {};
  const failed: EngineName[] = [];
  const startOne = async <Name extends EngineName>(name: Name) => {
    const start = performance.now();
    try {
      engines[name] = await STARTERS[name](context);
      say(`${name}: started in ${((performance.now() - start) / 1000).toFixed(1)} s`);
    } catch (error) {
      failed.push(name);
      say(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  };
  await Promise.all(names.map(startOne));
  writeAccess(running, {
    registry: { host: registry.registry },
    image: { ...image, reference: registry.reference },
    engines,
  });
  return failed;
}

/** Starts a registry and puts the base image there. */
async function startRegistry(
  running: Running,
  image: BaseImage,
  env: NodeJS.ProcessEnv,
): Promise<Pick<EngineContext, "registry" | "reference" | "registryCommand">> {
  const port = await freePort();
  const directory = join(running.directory, "registry");
  const plan = registryDaemon({ program: program("registry"), directory, port });
  await running.start("registry", plan);
  const registry = `localhost:${port}`;
  const tag = `${registry}/${image.name}`;
  const pushed = await run([program("crane"), "push", image.layout, tag], "/", env);
  if (!pushed.succeeded) throw new Error(`crane push: ${pushed.output.trim()}`);
  const reference = `${registry}/${BASE_IMAGE_REPOSITORY}@${image.digest}`;
  return { registry, reference, registryCommand: plan.argv };
}
