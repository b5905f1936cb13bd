// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import type { Config } from "./config.ts";
import { nearestName } from "./nearest.ts";
import type { SettingName } from "./settings.ts";
import { type ConfigSource, type Found, formatOrigin, type Origin, sourceOf } from "./source.ts";
import type { SettingsFile } from "./tables.ts";

/** What the built-in profiles change; docs/configuration.md has the same as a table. */
export const BUILT_IN_PROFILES: Readonly<Record<string, Partial<Config>>> = {
  user: { keepSize: 20e9 },
  ci: { incremental: false, interactive: false, sandbox: "enforce", push: "on-success" },
  team: { keepSize: 20e9, push: "off" },
};

/**
 * The sources that a profile stands for, strongest first: its tables in the files (given weakest first), below each
 * what that table extends, and last, what is built in by that name.
 * @throws GreenError "config" if there is no such profile, or if it extends itself
 */
export function profileSources(
  profile: Found<string>,
  files: readonly SettingsFile[],
  within: readonly string[] = [],
): readonly ConfigSource[] {
  const { value: name, origin } = profile;
  if (within.includes(name)) {
    throw new GreenError("config", `${formatOrigin(origin)}: the profile "${name}" extends itself`, {
      hint: "remove one of the `extends`",
    });
  }
  const tables = files.flatMap(({ profiles }) => profiles.get(name) ?? []);
  const builtIn = Object.hasOwn(BUILT_IN_PROFILES, name) ? BUILT_IN_PROFILES[name] : undefined;
  if (tables.length === 0 && builtIn === undefined) throw unknownProfile(name, origin, files);
  return [
    ...tables
      .toReversed()
      .flatMap((table) => [
        table.source,
        ...(table.extends === undefined ? [] : profileSources(table.extends, files, [...within, name])),
      ]),
    ...(builtIn === undefined ? [] : [builtInSource(name, builtIn)]),
  ];
}

/** Names of all profiles that can be chosen. */
export function profileNames(files: readonly SettingsFile[]): readonly string[] {
  return [
    ...new Set([...Object.keys(BUILT_IN_PROFILES), ...files.flatMap(({ profiles }) => [...profiles.keys()])]),
  ];
}

function builtInSource(name: string, values: Partial<Config>): ConfigSource {
  const origin = { kind: "profile", name } as const;
  const entries = Object.entries(values) as [SettingName, unknown][];
  return sourceOf(new Map(entries.map(([setting, value]) => [setting, { value, origin }])));
}

function unknownProfile(name: string, origin: Origin, files: readonly SettingsFile[]): GreenError {
  const names = profileNames(files);
  const near = nearestName(name, names);
  return new GreenError("config", `${formatOrigin(origin)}: there is no profile "${name}"`, {
    hint: near === undefined ? `there are ${names.join(", ")}` : `did you mean "${near}"?`,
  });
}
