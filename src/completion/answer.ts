// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { builderSettings } from "../config/builders.ts";
import { profileNames } from "../config/profiles.ts";
import { resolveConfig } from "../config/resolve.ts";
import { SETTING_NAMES, SETTINGS, variableOf } from "../config/settings.ts";
import { packageRoot } from "../package-root.ts";
import { builderNames } from "../runner/buildkit/connection/list-builders.ts";
import { machineSources } from "../runner/engine/machine-sources.ts";
import { openStore } from "../store/open-store.ts";
import { type CommandInfo, complete } from "./complete.ts";
import { SHELLS } from "./scripts.ts";

/** More crates than this help nobody who presses a key. */
const MOST_CRATES = 2000; // 2,000 names

interface Manifest {
  readonly commands: Readonly<Record<string, CommandInfo>>;
}

/** package.json, as far as oclif reads topics from it. */
interface PackageJson {
  readonly oclif: { readonly topics: Readonly<Record<string, { readonly description: string }>> };
}

/**
 * The answer to a shell: a line for each word that may follow, `value<TAB>description`. Whatever goes wrong, a shell
 * gets no message in the middle of a command line, only fewer words.
 */
export async function answerShell(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<string> {
  try {
    const read = (name: string): unknown => JSON.parse(readFileSync(join(packageRoot(), name), "utf8"));
    const { commands } = read("oclif.manifest.json") as Manifest;
    const { topics } = (read("package.json") as PackageJson).oclif;
    const resolved = await resolveConfig({ env, cwd, start: cwd }).catch(() => undefined);
    const found = await complete(words, {
      commands: Object.values(commands),
      topics: Object.fromEntries(
        Object.entries(topics).map(([name, { description }]) => [name, description]),
      ),
      crates: () => (resolved === undefined ? [] : crateNames(resolved.config.cacheDir)),
      remotes: resolved === undefined ? [] : Object.keys(resolved.config.remotes),
      builders: async () =>
        resolved === undefined ? [] : builderNames(builderSettings(resolved), machineSources(env)),
      ownBuilders: resolved === undefined ? [] : Object.keys(resolved.config.builders),
      profiles: async () => profileNames(resolved?.files ?? []),
      settings: SETTING_NAMES.map((name) => SETTINGS[name].key),
      variables: ["RUSTC_WRAPPER", ...SETTING_NAMES.map(variableOf)],
      shells: SHELLS,
    });
    return found.map(({ value, description }) => `${value}\t${description}\n`).join("");
  } catch {
    return "";
  }
}

function crateNames(cacheDir: string): readonly string[] {
  if (!existsSync(cacheDir)) return [];
  const store = openStore(cacheDir);
  try {
    return store.packageNames(MOST_CRATES);
  } finally {
    store.close();
  }
}
