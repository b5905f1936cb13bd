// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../../error.ts";
import type { DockerSources } from "../../engine/docker-files.ts";
import type { BuilderSettings } from "./builder-entry.ts";
import { builderNames } from "./list-builders.ts";

/** What docker lets containers be called, and people can type. */
const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

/** Refuses what cannot be the name of a new builder, or already is one. Throws GreenError "usage". */
export async function checkNewName(
  name: string,
  settings: BuilderSettings,
  sources: DockerSources,
): Promise<void> {
  if (!NAME.test(name)) {
    throw new GreenError("usage", `"${name}" cannot be the name of a builder`, {
      hint: "begin with a letter, then letters, digits, dots, dashes and underscores",
    });
  }
  const known = await builderNames(settings, sources);
  if (!known.some((each) => each.toLowerCase() === name.toLowerCase())) return;
  const isOwn = Object.hasOwn(settings.builders, name);
  throw new GreenError("usage", `There is a builder "${name}" already`, {
    hint: isOwn ? `\`cargo green builder rm ${name}\` removes it` : "it is docker's: choose another name",
  });
}
