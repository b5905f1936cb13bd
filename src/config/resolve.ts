// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname } from "node:path";
import { GreenError } from "../error.ts";
import type { Config } from "./config.ts";
import { type ConfigPlaces, findPlaces } from "./places.ts";
import { profileSources } from "./profiles.ts";
import { ConfigReader } from "./reader.ts";
import { SETTING_NAMES, SETTINGS, type SettingName } from "./settings.ts";
import { type ConfigSource, type Found, formatOrigin, type Origin } from "./source.ts";
import { fieldsOf, type TableKind } from "./table-fields.ts";
import { readSettings, type SettingsFile } from "./tables.ts";
import { environmentSource, flagSource } from "./written.ts";

/** Whose settings are asked for. */
export interface ConfigRequest {
  readonly env: NodeJS.ProcessEnv;
  /** Relative paths in variables and flags count from here. */
  readonly cwd: string;
  /** A manifest, or a directory to look for one from, upward; undefined if no project is concerned. */
  readonly start: string | undefined;
  /** Name of a profile, of `--green-profile`. */
  readonly profile?: string | undefined;
  /** `KEY=VALUE` of `--green-config`. */
  readonly flags?: readonly string[] | undefined;
  /** Finds the workspace even if it has no settings. */
  readonly exact?: boolean;
  /** Remembers files between requests. */
  readonly reader?: ConfigReader;
}

/** By a table's name, by field. */
export type TableOrigins = ReadonlyMap<string, ReadonlyMap<string, Origin>>;

/** The settings in force, and where each comes from. */
export interface ResolvedConfig {
  readonly config: Config;
  readonly origins: ReadonlyMap<SettingName, Origin>;
  /** By kind, name and field. */
  readonly tableOrigins: Readonly<Record<TableKind, TableOrigins>>;
  /** The profile that was chosen. */
  readonly profile: Found<string> | undefined;
  readonly places: ConfigPlaces;
  /** Files and tables that were read, weakest first. */
  readonly files: readonly SettingsFile[];
}

/**
 * The settings in force for a request.
 * @throws GreenError "config" that names the file, line and key, or the variable, or the flag
 */
export async function resolveConfig(request: ConfigRequest): Promise<ResolvedConfig> {
  const { env, cwd } = request;
  const place = { directory: cwd, home: env["HOME"] };
  const reader = request.reader ?? new ConfigReader();
  const places = await findPlaces({ env, cwd, start: request.start, exact: request.exact ?? false }, reader);
  const files = await readFiles(places, env["HOME"], reader);
  const profile = chosenProfile(request);
  const sources = [
    flagSource(request.flags ?? [], place),
    environmentSource(env, place),
    ...(profile === undefined ? [] : profileSources(profile, files)),
    ...files
      .toReversed()
      .flatMap((file) => [
        file.source,
        ...(file.extends === undefined ? [] : profileSources(file.extends, files)),
      ]),
  ];
  return { ...combine(sources, env), profile, places, files };
}

/** What the sources, strongest first, and the defaults come to. */
export function combine(
  sources: readonly ConfigSource[],
  env: NodeJS.ProcessEnv,
): Pick<ResolvedConfig, "config" | "origins" | "tableOrigins"> {
  const values: Record<string, unknown> = {};
  const origins = new Map<SettingName, Origin>();
  for (const name of SETTING_NAMES) {
    const found = first(sources, (source) => source.find(name));
    values[name] = found === undefined ? SETTINGS[name].fallback(env) : found.value;
    origins.set(name, found?.origin ?? { kind: "default" });
  }
  const remotes = combineTables("remotes", sources);
  const builders = combineTables("builders", sources);
  return {
    // Every setting and field was asked for, and what a source has for one was made by its kind.
    config: { ...values, remotes: remotes.found, builders: builders.found } as unknown as Config,
    origins,
    tableOrigins: { remotes: remotes.origins, builders: builders.origins },
  };
}

function combineTables(kind: TableKind, sources: readonly ConfigSource[]) {
  const found: Record<string, Readonly<Record<string, unknown>>> = {};
  const origins = new Map<string, ReadonlyMap<string, Origin>>();
  const names = new Set(sources.toReversed().flatMap(({ tables }) => [...(tables[kind]?.keys() ?? [])]));
  for (const name of names) {
    const fields: Record<string, unknown> = {};
    const own = new Map<string, Origin>();
    for (const [field, { fallback }] of fieldsOf(kind)) {
      const best = first(sources, ({ tables }) => tables[kind]?.get(name)?.get(field));
      fields[field] = best === undefined ? fallback : best.value;
      if (field === "url" && best === undefined) throw incomplete(kind, name, sources);
      own.set(field, best?.origin ?? { kind: "default" });
    }
    found[name] = fields;
    origins.set(name, own);
  }
  return { found, origins };
}

function incomplete(kind: TableKind, name: string, sources: readonly ConfigSource[]): GreenError {
  const near = first(sources, ({ tables }) => tables[kind]?.get(name)?.values().next().value);
  const where = near === undefined ? "" : `${formatOrigin(near.origin)}: `;
  return new GreenError("config", `${where}the ${kind.slice(0, -1)} "${name}" has no url`, {
    hint: `add url = "…" to [${kind}.${name}]`,
  });
}

function first<T>(
  sources: readonly ConfigSource[],
  ask: (source: ConfigSource) => T | undefined,
): T | undefined {
  for (const source of sources) {
    const found = ask(source);
    if (found !== undefined) return found;
  }
  return undefined;
}

function chosenProfile({ profile, env }: ConfigRequest): Found<string> | undefined {
  if (profile !== undefined) {
    return { value: profile, origin: { kind: "flag", name: "--green-profile" } };
  }
  const name = env["CARGOGREEN_PROFILE"];
  if (name === undefined || name === "") return undefined;
  return { value: name, origin: { kind: "variable", name: "CARGOGREEN_PROFILE" } };
}

/** Weakest first. */
async function readFiles(
  places: ConfigPlaces,
  home: string | undefined,
  reader: ConfigReader,
): Promise<readonly SettingsFile[]> {
  const { user, workspaceFile, workspaceManifest, packageManifest } = places;
  const files: SettingsFile[] = [];
  const read = async (
    path: string | undefined,
    prefix: readonly string[],
    directory: (path: string) => string,
  ) => {
    if (path === undefined || (prefix.length > 0 && reader.text(path)?.includes("green") !== true)) return;
    const document = await reader.document(path);
    const file = document && readSettings(document, prefix, { directory: directory(path), home });
    if (file !== undefined) files.push(file);
  };
  await read(user, [], dirname);
  // As in Cargo's own files, paths count from the directory that holds `.cargo`.
  await read(workspaceFile, [], (path) => dirname(dirname(path)));
  await read(workspaceManifest, ["workspace", "metadata", "green"], dirname);
  await read(packageManifest, ["package", "metadata", "green"], dirname);
  return files;
}
