// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname } from "node:path";
import { GreenError } from "../error.ts";
import type { Config, RemoteConfig } from "./config.ts";
import { type ConfigPlaces, findPlaces } from "./places.ts";
import { profileSources } from "./profiles.ts";
import { ConfigReader } from "./reader.ts";
import { REMOTE_FIELD_NAMES, REMOTE_FIELDS, SETTING_NAMES, SETTINGS, type SettingName } from "./settings.ts";
import { type ConfigSource, type Found, formatOrigin, type Origin } from "./source.ts";
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

/** The settings in force, and where each comes from. */
export interface ResolvedConfig {
  readonly config: Config;
  readonly origins: ReadonlyMap<SettingName, Origin>;
  /** By remote, by field. */
  readonly remoteOrigins: ReadonlyMap<string, ReadonlyMap<keyof RemoteConfig, Origin>>;
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
): Pick<ResolvedConfig, "config" | "origins" | "remoteOrigins"> {
  const values: Record<string, unknown> = {};
  const origins = new Map<SettingName, Origin>();
  for (const name of SETTING_NAMES) {
    const found = first(sources, (source) => source.find(name));
    values[name] = found === undefined ? SETTINGS[name].fallback(env) : found.value;
    origins.set(name, found?.origin ?? { kind: "default" });
  }
  const { remotes, remoteOrigins } = combineRemotes(sources);
  // Every setting was asked for, and what a source has for one was made by that setting's kind.
  return { config: { ...values, remotes } as unknown as Config, origins, remoteOrigins };
}

function combineRemotes(sources: readonly ConfigSource[]) {
  const remotes: Record<string, RemoteConfig> = {};
  const remoteOrigins = new Map<string, ReadonlyMap<keyof RemoteConfig, Origin>>();
  const names = new Set(sources.toReversed().flatMap((source) => [...source.remotes.keys()]));
  for (const name of names) {
    const fields: Record<string, unknown> = {};
    const origins = new Map<keyof RemoteConfig, Origin>();
    for (const field of REMOTE_FIELD_NAMES) {
      const found = first(sources, (source) => source.remotes.get(name)?.get(field));
      fields[field] = found === undefined ? REMOTE_FIELDS[field].fallback : found.value;
      if (field === "url" && found === undefined) throw incomplete(name, field, sources);
      origins.set(field, found?.origin ?? { kind: "default" });
    }
    remotes[name] = fields as unknown as RemoteConfig;
    remoteOrigins.set(name, origins);
  }
  return { remotes, remoteOrigins };
}

function incomplete(remote: string, field: string, sources: readonly ConfigSource[]): GreenError {
  const near = first(sources, (source) => source.remotes.get(remote)?.values().next().value);
  const where = near === undefined ? "" : `${formatOrigin(near.origin)}: `;
  return new GreenError("config", `${where}the remote "${remote}" has no ${field}`, {
    hint: `add ${field} = "…" to [remotes.${remote}]`,
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
