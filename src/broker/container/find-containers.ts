// SPDX-License-Identifier: MIT OR Apache-2.0
import { availableParallelism, hostname } from "node:os";
import { join } from "node:path";
import { ownArguments } from "../../cargo/invocation.ts";
import { localRustc } from "../../cargo/local-rustc.ts";
import { builderSettings } from "../../config/builders.ts";
import { builderCaches } from "../../config/caches.ts";
import type { Config, Runner } from "../../config/config.ts";
import { usersCredentials } from "../../remote/credentials/users-credentials.ts";
import type { AwsCredentials } from "../../remote/s3/open-s3.ts";
import { findBuilder } from "../../runner/buildkit/connection/find-builder.ts";
import { openBuilder } from "../../runner/buildkit/connection/open-builder.ts";
import { type Lent, parseLent } from "../../runner/container/lent.ts";
import { machineSources } from "../../runner/engine/machine-sources.ts";
import { readCargoConfig } from "../replay/cargo-config.ts";
import { targetsOf } from "../targets.ts";
import { type PreparedCaches, prepareCaches } from "./builder-caches.ts";
import { type Containers, containersOf } from "./containers.ts";
import type { ContainersRequest } from "./containers-request.ts";
import { crossVariables, findCross } from "./cross-target.ts";
import { findImage } from "./find-image.ts";
import { type ImageOwner, imageDigests } from "./image-digests.ts";
import { LazyBuilder } from "./lazy-builder.ts";
import { spareCollector } from "./spare-collector.ts";
import { AS_CARGO_ASKS, type UnitsAtOnce, unitsAtOnce } from "./units-at-once.ts";
import { type UsedCaches, unreadCaches } from "./unread-caches.ts";

/** A builder that may be asked. */
interface FoundBuilder {
  readonly builder: LazyBuilder;
  /** As people know it. */
  readonly name: string;
  /** Whose images it starts units from, before those of registries; undefined if it has none. */
  readonly images: ImageOwner | undefined;
  /** Those that it reads and writes. */
  readonly caches: UsedCaches | undefined;
  /** Loads what speaks to it. */
  readonly load: () => Promise<unknown>;
  /** How many units there are at once. */
  readonly atOnce: UnitsAtOnce;
}

/**
 * Finds the builder and the image of the settings. With `auto`, the builder is connected to now: it decides about keys
 * whether there is one. Else a builder is connected to when there is something to run, and if nothing is, never.
 */
export async function findContainers(
  request: ContainersRequest,
  runner: Exclude<Runner, "host">,
): Promise<Containers> {
  const { resolved, store, cwd } = request;
  const env = toolchainEnv(request);
  const { config } = resolved;
  const [rustc, { builder, name, images, caches, atOnce, load }] = await Promise.all([
    localRustc(env, cwd),
    runner === "podman" ? podman(request) : buildKit(request),
  ]);
  try {
    if (runner === "auto") await builder.connect();
    const targets = targetsOfBuild(request);
    const cross = await findCross(targets, request.project, env);
    const digestOf = imageDigests({ owner: images, env, cwd, store });
    const place = { runner: builder.kind, builder: name };
    const { image, learnAgain } = await findImage({
      ...{ config, rustc, targets, cross, builder, place, digestOf, store },
    });
    const given = cross === undefined ? new Map<string, string>() : crossVariables(cross.target, env);
    const variables = { given, kept: keptVariables(lentBy(request), config) };
    const fallback = { orHost: runner === "auto", learnAgain };
    return containersOf(builder, image, { ...fallback, variables, caches, load, atOnce });
  } catch (thrown) {
    await builder.close();
    throw thrown;
  }
}

/** podman tells its version within a moment: 30 s. */
const OPEN_MS = 30_000;

/** With `+toolchain`, rustup's proxies answer for that one. */
function toolchainEnv({ env, invocation }: ContainersRequest): NodeJS.ProcessEnv {
  const toolchain = invocation?.toolchain;
  return toolchain === undefined ? env : { ...env, RUSTUP_TOOLCHAIN: toolchain };
}

/** What is compiled for, as far as Cargo was told; a file that describes a target has no name. */
function targetsOfBuild({ invocation, env, cwd }: ContainersRequest): readonly string[] {
  if (invocation === undefined) return [];
  const config = readCargoConfig(invocation, cwd, env);
  return targetsOf(ownArguments(invocation), env, config).filter((target) => !target.endsWith(".json"));
}

function lentBy({ resolved, env, project }: ContainersRequest): Lent {
  return parseLent(resolved.config, { directory: project, env });
}

/** What is a secret for steps of a base is none that units are to see, unless the settings say that they are. */
function keptVariables({ secrets }: Lent, { setEnvs }: Pick<Config, "setEnvs">): readonly string[] {
  const names = secrets.flatMap(({ source }) => (source.kind === "variable" ? [source.name] : []));
  return names.filter((name) => !setEnvs.includes(name));
}

function atOnceOf({ invocation, env, cwd }: ContainersRequest): UnitsAtOnce {
  if (invocation === undefined) return AS_CARGO_ASKS;
  return unitsAtOnce(invocation, env, readCargoConfig(invocation, cwd, env), availableParallelism());
}

async function buildKit(request: ContainersRequest): Promise<FoundBuilder> {
  const { resolved, env, observe } = request;
  const lent = lentBy(request);
  const place = await findBuilder(builderSettings(resolved), machineSources(env));
  const { endpoint, engine } = openBuilder(place, env);
  const used = builderCaches(resolved.config);
  const atOnce = atOnceOf(request);
  const unread = unreadCaches(used.from);
  let prepared: Promise<PreparedCaches> | undefined;
  const prepare = () => {
    prepared ??= prepareCaches(resolved.config, awsCredentials);
    return prepared;
  };
  const load = () => import("../../runner/buildkit/open-buildkit-runner.ts");
  const open = async () => {
    spareCollector();
    const { openBuildKitRunner } = await load();
    const credentials = await usersCredentials(env);
    const { from, directories } = await prepare();
    return openBuildKitRunner({
      ...{ endpoint, sender: `${hostname()} ${process.getuid?.()}`, credentials, lent },
      ...{ cacheFrom: from, cacheDirectories: directories, atOnce: atOnce.run },
      observe(event) {
        if (event.kind === "unread") unread.note(event.cache, event.problem);
        else observe?.(event);
      },
    });
  };
  const builder = new LazyBuilder("buildkit", open, () => endpoint.close());
  const caches: UsedCaches = {
    targets: used.to,
    unread: unread.notices,
    write: async (...what) => (await prepare()).write(await builder.connect(), ...what),
  };
  return {
    ...{ builder, name: endpoint.name, caches, atOnce, load },
    images: endpoint.kind === "engine" ? engine : undefined,
  };
}

async function podman(request: ContainersRequest): Promise<FoundBuilder> {
  const { resolved, env } = request;
  const lent = lentBy(request);
  const directory = join(resolved.config.cacheDir, "podman");
  const load = () => import("../../runner/podman/open-podman-runner.ts");
  const open = async () => {
    const { openPodmanRunner } = await load();
    return openPodmanRunner({ env, directory, lent, signal: AbortSignal.timeout(OPEN_MS) });
  };
  const builder = new LazyBuilder("podman", open, async () => {});
  const image = async (reference: string) => {
    const { podmanImage } = await import("../../runner/podman/podman-images.ts");
    return podmanImage({ program: "podman", env }, reference);
  };
  return { builder, name: "podman", images: { image }, caches: undefined, atOnce: AS_CARGO_ASKS, load };
}

async function awsCredentials(): Promise<AwsCredentials | undefined> {
  const { findAwsCredentials } = await import("../../remote/s3/open-s3.ts");
  return findAwsCredentials();
}
