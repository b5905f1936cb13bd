// SPDX-License-Identifier: MIT OR Apache-2.0
import { isAbsolute, join, resolve } from "node:path";
import { GreenError } from "../error.ts";
import { type Config, LOG_LEVELS, type LogLevel, SANDBOX_MODES, type SandboxMode } from "./config.ts";
import { parseDuration } from "./quantity.ts";
import { type ConfigSource, environmentSource, type Found } from "./source.ts";

/** How long a broker that a bare shim started waits for the next compiler call. */
export const DEFAULT_IDLE_MS = 30_000; // 30 seconds

export interface ConfigRequest {
  readonly env: NodeJS.ProcessEnv;
  /** Relative paths in variables count from here. */
  readonly cwd: string;
  /** More places to look, after the environment. */
  readonly sources?: readonly ConfigSource[];
}

/**
 * The settings in force for a request that comes from `cwd` with `env`. Reads nothing but its arguments.
 * @throws GreenError "config" that names the variable and its value
 */
export function resolveConfig(request: ConfigRequest): Config {
  const sources = [environmentSource(request.env), ...(request.sources ?? [])];
  function setting<T>(
    name: keyof Config,
    parse: (text: string) => T | undefined,
    wanted: string,
    fallback: () => T,
  ): T {
    for (const source of sources) {
      const found = source.find(name);
      if (found !== undefined) return parse(found.text) ?? refuse(found, wanted);
    }
    return fallback();
  }
  return {
    enabled: setting("enabled", parseSwitch, SWITCH, () => true),
    cacheDir: setting(
      "cacheDir",
      (text) => resolve(request.cwd, text),
      "a directory",
      () => defaultCacheDir(request.env),
    ),
    log: setting("log", parseLevel, `one of ${LOG_LEVELS.join(", ")}`, () => "warn"),
    remapPathPrefix: setting("remapPathPrefix", parseSwitch, SWITCH, () => true),
    sandbox: setting("sandbox", parseSandbox, `one of ${SANDBOX_MODES.join(", ")}`, () => "prefer"),
    withNetwork: setting("withNetwork", parseList, "a list of packages", () => []),
    setEnvs: setting("setEnvs", parseList, "a list of variables", () => []),
    idleMs: setting("idleMs", parseIdle, "a length of time like 30s or 5m", () => DEFAULT_IDLE_MS),
  };
}

/** `$XDG_CACHE_HOME/cargo-green`, else `~/.cache/cargo-green`; the XDG specification ignores relative paths. */
function defaultCacheDir(env: NodeJS.ProcessEnv): string {
  const xdg = env["XDG_CACHE_HOME"];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "cargo-green");
  const home = env["HOME"];
  if (home !== undefined && isAbsolute(home)) return join(home, ".cache", "cargo-green");
  throw new GreenError("config", "There is no place for the cache: HOME is not set to an absolute path", {
    hint: "set CARGOGREEN_CACHE_DIR to a directory on this machine",
  });
}

const SWITCH = "1, true, yes, on or 0, false, no, off";
function parseSwitch(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (["1", "true", "yes", "on"].includes(word)) return true;
  return ["0", "false", "no", "off"].includes(word) ? false : undefined;
}

function parseLevel(text: string): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === text.toLowerCase());
}

function parseSandbox(text: string): SandboxMode | undefined {
  return SANDBOX_MODES.find((mode) => mode === text.toLowerCase());
}

/** Names with commas or blanks between them. */
function parseList(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((name) => name !== "");
}

function parseIdle(text: string): number | undefined {
  try {
    return parseDuration(text, "idle");
  } catch {
    return undefined;
  }
}

function refuse(found: Found, wanted: string): never {
  throw new GreenError("config", `${found.where} is "${found.text}", which is not ${wanted}`, {
    hint: `change or unset ${found.where}`,
  });
}
