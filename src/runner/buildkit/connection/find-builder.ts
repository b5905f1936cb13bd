// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../../error.ts";
import { currentContext, DEFAULT_CONTEXT, listContexts, readContext } from "../../engine/docker-contexts.ts";
import { type DockerSources, variable } from "../../engine/docker-files.ts";
import { USUAL_SOCKET } from "../../engine/docker-host.ts";
import type { EnginePlace } from "../../engine/engine-place.ts";
import { contextPlace, engineOfContext, findEngine } from "../../engine/find-engine.ts";
import { saidBy } from "../../engine/said-by.ts";
import { formatAddress } from "../../stream/stream-address.ts";
import { type BuilderSettings, entryOf } from "./builder-entry.ts";
import type { BuilderPlace } from "./builder-place.ts";
import { entryAt, parseBuildKitUrl } from "./builder-url.ts";
import { buildxPlace } from "./buildx-place.ts";
import { currentBuildx, listBuildx, readBuildx } from "./buildx-store.ts";

/**
 * The builder to use: what settings choose, else `BUILDKIT_HOST`, else what `docker buildx build` would use:
 * `BUILDX_BUILDER`, the builder that `docker buildx use` chose, the engine of `DOCKER_HOST` or the current context.
 *
 * @throws GreenError "config" for a name that nobody knows or an address that makes no sense
 */
export async function findBuilder(settings: BuilderSettings, sources: DockerSources): Promise<BuilderPlace> {
  const { chosen } = settings;
  if (chosen !== undefined) return builderNamed(chosen.value, chosen.from, settings, sources);
  const host = variable(sources, "BUILDKIT_HOST");
  if (host !== undefined) return hostPlace(host, settings, sources);
  const named = variable(sources, "BUILDX_BUILDER");
  if (named !== undefined)
    return builderNamed(named, "BUILDX_BUILDER", { ...settings, builders: {} }, sources);
  const { name: context } = await currentContext(sources);
  const endpoint = context === DEFAULT_CONTEXT ? await defaultEndpoint(sources) : context;
  const buildx = await currentBuildx(endpoint, sources);
  if (buildx !== undefined) return buildxPlace(buildx, "docker buildx use", sources);
  return enginePlace(context, await findEngine(sources));
}

/** What buildx calls the default context's engine by: as docker would reach it, whatever there is. */
async function defaultEndpoint(sources: DockerSources): Promise<string> {
  const host = variable(sources, "DOCKER_HOST");
  if (host === undefined) return `unix://${USUAL_SOCKET}`;
  return host.startsWith("ssh://") ? host : formatAddress((await findEngine(sources)).address);
}

/**
 * The builder that somebody means by a name or an address: one of the settings, of buildx, a docker context, in this
 * order.
 * @param from what said so; empty: somebody asked
 * @throws GreenError "config" if there is no such builder
 */
export async function builderNamed(
  name: string,
  from: string,
  settings: BuilderSettings,
  sources: DockerSources,
): Promise<BuilderPlace> {
  const own = Object.hasOwn(settings.builders, name) ? settings.builders[name] : undefined;
  if (own !== undefined) return settingsPlace(name, from, settings, sources);
  if (name.includes("://")) {
    return {
      name,
      title: name,
      source: "address",
      from,
      at: await saidBy(from, () => entryAt(entryOf(name), from, sources)),
    };
  }
  const buildx = await readBuildx(name, sources);
  if (buildx !== undefined) return buildxPlace(buildx, from, sources);
  if (name === DEFAULT_CONTEXT) return enginePlace(name, await engineOfContext(name, from, sources));
  const context = await readContext(name, sources);
  if (context !== undefined) return enginePlace(name, await contextPlace(context, from));
  throw await unknownBuilder(name, from, settings, sources);
}

/** A builder of the settings. */
export async function settingsPlace(
  name: string,
  from: string,
  { builders }: BuilderSettings,
  sources: DockerSources,
): Promise<BuilderPlace> {
  const entry = builders[name] ?? entryOf(name);
  const at = await saidBy(`builders.${name}`, () => entryAt(entry, from, sources));
  return { name, title: `builder ${name}`, source: "settings", from, at };
}

/** The BuildKit inside of an engine. */
export function enginePlace(name: string, engine: EnginePlace): BuilderPlace {
  return { name, title: engine.name, source: "context", from: engine.from, at: { driver: "docker", engine } };
}

/** Certificates for an address of `BUILDKIT_HOST` stand with a builder of the settings that has the same address. */
async function hostPlace(
  url: string,
  settings: BuilderSettings,
  sources: DockerSources,
): Promise<BuilderPlace> {
  const from = "BUILDKIT_HOST";
  const known = Object.entries(settings.builders).find(([, entry]) => entry.url === url)?.[0];
  if (known !== undefined) return settingsPlace(known, from, settings, sources);
  const at = await saidBy(from, () =>
    parseBuildKitUrl({ url, from, tls: undefined, engine: undefined }, sources),
  );
  return { name: url, title: url, source: "address", from, at };
}

async function unknownBuilder(
  name: string,
  from: string,
  { builders }: BuilderSettings,
  sources: DockerSources,
): Promise<GreenError> {
  const [buildx, contexts] = await Promise.all([listBuildx(sources), listContexts(sources)]);
  const names = [
    ...Object.keys(builders),
    ...[...buildx, ...contexts].map((each) => each.name),
    DEFAULT_CONTEXT,
  ];
  const text = from === "" ? `There is no builder "${name}"` : `${from}: there is no builder "${name}"`;
  return new GreenError("config", text, {
    hint: `there are ${[...new Set(names)].join(", ")}; \`cargo green builder ls\` shows them`,
  });
}
