// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { directoriesUpward } from "../../cargo/config-files.ts";
import { keysOf, wordsIn } from "./toml-keys.ts";

/** Of rustup's settings: what they mean is known. */
const SETTINGS_VERSION = "12";
/** Where a project says which toolchain it is for; the first counts if there are both. */
const TOOLCHAIN_FILES = ["rust-toolchain", "rust-toolchain.toml"];

/** rustup's home; undefined if HOME does not say. */
export function rustupHome(env: NodeJS.ProcessEnv): string | undefined {
  return env["RUSTUP_HOME"] || (env["HOME"] && join(env["HOME"], ".rustup")) || undefined;
}

/**
 * The name of the toolchain that rustup's proxies start in a directory, where neither `+toolchain` nor a variable says
 * so: the nearest directory with an override or a toolchain file decides, else the default
 * (https://rust-lang.github.io/rustup/overrides.html). Undefined if it is said in a way that is not understood.
 */
export function rustupChoice(env: NodeJS.ProcessEnv, cwd: string): string | undefined {
  const home = rustupHome(env);
  const settings = home === undefined ? undefined : readText(join(home, "settings.toml"));
  if (settings === undefined) return undefined;
  const keys = keysOf(settings);
  const valueAt = (...path: readonly string[]) => {
    const found = keys.find(
      (key) => key.path.length === path.length && path.every((part, at) => key.path[at] === part),
    );
    return found === undefined ? undefined : wordsIn(found.value)[0];
  };
  if (valueAt("version") !== SETTINGS_VERSION) return undefined;
  for (const directory of directoriesUpward(realpathSync(cwd))) {
    const override = valueAt("overrides", directory);
    if (override !== undefined) return override;
    for (const name of TOOLCHAIN_FILES) {
      const text = readText(join(directory, name));
      if (text !== undefined) return channelOf(text);
    }
  }
  return valueAt("default_toolchain");
}

/** What a toolchain file names: in TOML, or (of old) as its only line. */
function channelOf(text: string): string | undefined {
  const plain = text.trim();
  if (/^[\w.-]+$/.test(plain)) return plain;
  const keys = keysOf(text).filter(({ path }) => path[0] === "toolchain");
  if (keys.some(({ path }) => path[1] === "path")) return undefined;
  const channel = keys.find(({ path }) => path.length === 2 && path[1] === "channel");
  return channel === undefined ? undefined : wordsIn(channel.value)[0];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
