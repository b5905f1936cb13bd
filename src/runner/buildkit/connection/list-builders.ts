// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../../error.ts";
import { DEFAULT_CONTEXT, listContexts } from "../../engine/docker-contexts.ts";
import type { DockerSources } from "../../engine/docker-files.ts";
import type { BuilderSettings } from "./builder-entry.ts";
import type { BuilderPlace } from "./builder-place.ts";
import { listBuildx } from "./buildx-store.ts";
import { builderNamed, findBuilder } from "./find-builder.ts";

/** Nothing chose it. */
const ASKED = "";

/** A builder that there is. */
export interface ListedBuilder {
  readonly name: string;
  /** Where it is; or why that cannot be said. */
  readonly place: BuilderPlace | GreenError;
  /** True for the one that is used here. */
  readonly current: boolean;
}

/** Names that `builderNamed` understands: of the settings, of buildx, of docker's contexts. */
export async function builderNames(
  { builders }: BuilderSettings,
  sources: DockerSources,
): Promise<readonly string[]> {
  const [buildx, contexts] = await Promise.all([listBuildx(sources), listContexts(sources)]);
  const known = [...buildx, ...contexts].map(({ name }) => name);
  return [...new Set([...Object.keys(builders), ...known, DEFAULT_CONTEXT])];
}

/**
 * All builders that are known by a name, and the one that is used, even if it has none. That one of them makes no sense
 * does not keep the others from being listed.
 */
export async function listBuilders(
  settings: BuilderSettings,
  sources: DockerSources,
): Promise<readonly ListedBuilder[]> {
  const current = await orError(findBuilder(settings, sources));
  const names = await builderNames(settings, sources);
  const named = await Promise.all(
    names.map(async (name): Promise<ListedBuilder> => {
      const place = await orError(builderNamed(name, ASKED, settings, sources));
      return { name, place, current: !(current instanceof GreenError) && current.name === name };
    }),
  );
  if (current instanceof GreenError) return [{ name: "", place: current, current: true }, ...named];
  return named.some((each) => each.current)
    ? named.map((each) => (each.current ? { ...each, place: current } : each))
    : [{ name: current.name, place: current, current: true }, ...named];
}

/**
 * One of them, or what an address means.
 * @param name undefined: the one that is used here
 * @throws GreenError "config" if there is no such builder
 */
export async function findListed(
  name: string | undefined,
  settings: BuilderSettings,
  sources: DockerSources,
): Promise<ListedBuilder> {
  const current = findBuilder(settings, sources);
  if (name === undefined) return { name: (await current).name, place: await current, current: true };
  const place = await builderNamed(name, ASKED, settings, sources);
  const used = await orError(current);
  const isUsed = !(used instanceof GreenError) && used.name === place.name;
  return { name, place: isUsed ? used : place, current: isUsed };
}

async function orError(place: Promise<BuilderPlace>): Promise<BuilderPlace | GreenError> {
  return place.catch((thrown: unknown) => GreenError.from(thrown));
}
