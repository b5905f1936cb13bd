// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/support/services/listening.ts";
import { run } from "../lib/run.ts";
import type { EngineAccess } from "./access.ts";
import { buildkitDaemon, buildkitSocket } from "./buildkit.ts";
import { forDocker } from "./certificates.ts";
import type { EngineContext } from "./context.ts";
import { findEngineProgram } from "./directory.ts";
import { dockerDaemon, dockerSocket, writeDockerClient } from "./docker.ts";
import type { EngineName } from "./engines.ts";
import { machineAccess, machineDaemon } from "./machine.ts";
import { writePodman } from "./podman.ts";
import { rootlessPodman, writeRootlessPodman } from "./rootless-podman.ts";

/** How each engine is started, and how it comes to have the base image. They throw with what went wrong. */
export const STARTERS: {
  readonly [Name in EngineName]: (context: EngineContext) => Promise<EngineAccess[Name]>;
} = { docker: startDocker, buildkit: startBuildkit, podman: startPodman, ssh: startSsh };

async function startDocker(context: EngineContext): Promise<EngineAccess["docker"]> {
  const { running, env, certificates, network } = context;
  const directory = join(running.directory, "docker");
  const port = await freePort();
  const plan = dockerDaemon({ directory, bridge: network.name, tcp: { port, certificates } }, env);
  await running.start("docker", plan);
  const certificateDirectory = join(directory, "certificates");
  forDocker(certificates.client, certificateDirectory);
  const host = `unix://${dockerSocket(directory)}`;
  const program = writeDockerClient(directory, env);
  await loadImage([program], context, { ...env, DOCKER_HOST: host });
  return {
    ...{ host, tcp: `tcp://127.0.0.1:${port}`, program },
    ...{ certificates: certificates.client, certificateDirectory },
  };
}

async function startSsh(context: EngineContext): Promise<EngineAccess["ssh"]> {
  const { running, env, network, registryCommand } = context;
  const directory = join(running.directory, "ssh");
  const options = { directory, network, registry: registryCommand };
  await running.start("ssh", machineDaemon(options, env));
  const access = machineAccess(options, env);
  await loadImage([join(access.bin, "ssh"), access.name, "docker"], context, env);
  return access;
}

async function startPodman(context: EngineContext): Promise<EngineAccess["podman"]> {
  const { running, env, registry } = context;
  const program = writePodman(join(running.directory, "podman"), registry, env);
  await loadImage([program], context, env);
  const asUser = writeRootlessPodman(rootlessPodman(running.directory), registry, env);
  return { program, asUser };
}

async function startBuildkit(context: EngineContext): Promise<EngineAccess["buildkit"]> {
  const { running, env, certificates } = context;
  const directory = join(running.directory, "buildkit");
  const port = await freePort();
  await running.start("buildkit", buildkitDaemon({ directory, tcp: { port, certificates } }, env));
  const program = findEngineProgram("buildctl", env);
  if (program === undefined) throw new Error("There is no buildctl");
  const host = `unix://${buildkitSocket(directory)}`;
  await unpackImage(program, host, context);
  return {
    ...{ host, tcp: `tcp://127.0.0.1:${port}` },
    ...{ certificates: certificates.client, program },
  };
}

/** `client` is a docker CLI, or one that knows the same commands. */
async function loadImage(
  client: readonly string[],
  { reference, image }: EngineContext,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await must([...client, "pull", "--quiet", reference], env);
  await must([...client, "tag", reference, image.name], env);
}

/** BuildKit's daemon has no images of its own: it keeps what a build needed. */
async function unpackImage(
  program: string,
  host: string,
  { running, reference, env }: EngineContext,
): Promise<void> {
  const directory = join(running.directory, "buildkit", "context");
  mkdirSync(directory);
  writeFileSync(join(directory, "Dockerfile"), `FROM ${reference}\nRUN --network=none true\n`);
  const locals = ["--local", `context=${directory}`, "--local", `dockerfile=${directory}`];
  await must([program, "--addr", host, "build", "--frontend", "dockerfile.v0", ...locals], env);
}

async function must(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { succeeded, output } = await run(argv, "/", env);
  if (!succeeded) throw new Error(`${argv.join(" ")}: ${output.trim()}`);
}
