// SPDX-License-Identifier: MIT OR Apache-2.0
import { isAbsolute, join } from "node:path";
import { GreenError } from "../error.ts";
import { cacheFromKind, cacheToKind } from "./cache-kinds.ts";
import { type Config, FETCH_MODES, LOG_LEVELS, PUSH_MODES, RUNNERS, SANDBOX_MODES } from "./config.ts";
import {
  choiceKind,
  durationKind,
  type Kind,
  listKind,
  optional,
  optionsKind,
  packagesKind,
  sizeKind,
  switchKind,
  textKind,
  writablePathKind,
} from "./kinds.ts";
import type { TableKind } from "./table-fields.ts";

/** How long a broker that a bare shim started waits for the next compiler call. */
export const DEFAULT_IDLE_MS = 30_000; // 30 seconds

/** Which unit printed a line, and where to. */
const DEFAULT_TRACE_PREFIX = "{unit} {stream}: ";

/** One setting: how it is called, what it may be, what it is if nobody says. */
export interface Setting<T> {
  /** In files; a dot stands for a table. The variable's name derives from it. */
  readonly key: string;
  readonly kind: Kind<T>;
  readonly fallback: (env: NodeJS.ProcessEnv) => T;
  /** Half a sentence, for people. */
  readonly summary: string;
}

/** Settings that are one value; remotes and builders are tables of their own. */
export type SettingName = Exclude<keyof Config, TableKind>;

type Settings = { readonly [Name in SettingName]: Setting<Config[Name]> };

function setting<T>(key: string, kind: Kind<T>, fallback: T, summary: string): Setting<T> {
  return { key, kind, fallback: () => fallback, summary };
}

/** The schema: all settings, in the order in which they are shown. */
export const SETTINGS: Settings = {
  enabled: setting("enabled", switchKind, true, "use the cache at all"),
  cacheDir: {
    ...setting("cache-dir", writablePathKind, "", "where the cache is"),
    fallback: defaultCacheDir,
  },
  keepSize: setting(
    "keep-size",
    optional(sizeKind),
    undefined,
    "what `cache prune` makes the cache fit into",
  ),
  log: setting("log", choiceKind(LOG_LEVELS), "warn", "how much is said"),
  tracePrefix: setting(
    "trace-prefix",
    textKind,
    DEFAULT_TRACE_PREFIX,
    "begins lines of a trace's output.log",
  ),
  remapPathPrefix: setting("remap-path-prefix", switchKind, true, "make results fit every checkout"),
  incremental: setting(
    "incremental",
    switchKind,
    true,
    "let cargo compile incrementally, which is not cached",
  ),
  replay: setting("replay", switchKind, true, "lay down what is cached before cargo starts"),
  interactive: setting("interactive", switchKind, true, "let commands ask questions"),
  idleMs: setting("idle", durationKind, DEFAULT_IDLE_MS, "how long a broker that a shim started waits"),
  sandbox: setting(
    "sandbox",
    choiceKind(SANDBOX_MODES),
    "prefer",
    "hide from units what they did not declare",
  ),
  withNetwork: setting("with-network", packagesKind, [], "packages whose units may use the network"),
  setEnvs: setting("set-envs", listKind, [], "further variables that units may see"),
  runner: setting(
    "runner",
    choiceKind(RUNNERS, { none: "host", docker: "buildkit" }),
    "host",
    "what compiles: this host, or containers",
  ),
  builder: setting("builder", optional(textKind), undefined, "where container runners build"),
  baseImage: setting("base-image", optional(textKind), undefined, "image that container runners compile in"),
  baseImageInline: setting(
    "base-image-inline",
    optional(textKind),
    undefined,
    "Containerfile lines that make that image",
  ),
  addApt: setting("add.apt", listKind, [], "packages that apt installs into that image"),
  addAptGet: setting("add.apt-get", listKind, [], "packages that apt-get installs into that image"),
  addApk: setting("add.apk", listKind, [], "packages that apk installs into that image"),
  components: setting("components", listKind, [], "rustup components of that image"),
  secrets: setting("secrets", optionsKind, [], "secrets that steps of that image may mount"),
  ssh: setting("ssh", optionsKind, [], "ssh agents that steps of that image may use"),
  registryMirrors: setting("registry-mirrors", listKind, [], "hosts to take images from"),
  cacheImages: setting(
    "cache-images",
    listKind,
    [],
    "images that builders' caches are read from and written to",
  ),
  cacheFrom: setting("cache-from", cacheFromKind, [], "caches that builders read"),
  cacheTo: setting("cache-to", cacheToKind, [], "caches that builders write"),
  push: setting("push", choiceKind(PUSH_MODES), "off", "send to remotes what a build made"),
  fetch: setting("fetch", choiceKind(FETCH_MODES), "replay", "how builds take from remotes"),
  publicRegistries: setting("privacy.public-registries", listKind, [], "registries that anybody may see"),
  publicGit: setting("privacy.public-git", listKind, [], "git repositories that anybody may see"),
  allowEnv: setting("privacy.allow-env", listKind, [], "variables that a public unit may have read"),
};

/** Names of all settings, in the order of the schema. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** The variable of a setting: `add.apt` is CARGOGREEN_ADD_APT. */
export function variableOf(name: SettingName): string {
  return `CARGOGREEN_${SETTINGS[name].key.replaceAll(/[.-]/g, "_").toUpperCase()}`;
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
