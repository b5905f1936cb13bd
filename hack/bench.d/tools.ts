// SPDX-License-Identifier: MIT OR Apache-2.0
// What is compared, and the settings that its documentation recommends for a cache on one machine.
import { SCENARIO_NAMES, type Scenario } from "./scenarios.ts";

export type ToolName = "cargo" | "copy" | "green" | "green-unsandboxed" | "sccache" | "kache" | "mbx";

/**
 * One way to build. In texts, `{program}` stands for the tool's executable, `{cache}` for a directory that nobody else
 * uses, `{runtime}` for a short one (sockets), `{checkout}` for the checkout that is built, `{checkouts}` for all of
 * them, separated by colons.
 */
export interface Tool {
  readonly name: ToolName;
  readonly title: string;
  /** In place of `cargo`, before `build`. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Run once when the cache has been emptied, untimed. */
  readonly start: readonly (readonly string[])[];
  /** Run before the cache is emptied, and at the end. */
  readonly stop: readonly (readonly string[])[];
  /** Those that make sense; the others are the same as `cold`. */
  readonly scenarios: readonly Scenario[];
  /** The tool in whose checkouts it works: its own, if it is not said otherwise. */
  readonly world?: ToolName;
  /** By its documentation, compilations that link are never cached. */
  readonly linksUncached: boolean;
}

const PLAIN: Pick<Tool, "command" | "env" | "start" | "stop" | "scenarios" | "linksUncached"> = {
  command: ["cargo"],
  env: {},
  start: [],
  stop: [],
  scenarios: SCENARIO_NAMES,
  linksUncached: false,
};

const GREEN: Tool = {
  ...PLAIN,
  name: "green",
  title: "cargo-green",
  command: ["cargo", "green"],
  env: { CARGOGREEN_CACHE_DIR: "{cache}" },
  // Compiles the shim, which is done once per toolchain, not once per build.
  start: [["cargo", "green", "env", "RUSTC_WRAPPER"]],
};

/** In the order in which they are shown. */
export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  cargo: { ...PLAIN, name: "cargo", title: "cargo", scenarios: ["cold", "edit", "noop"] },
  copy: {
    ...PLAIN,
    name: "copy",
    title: "copy (the limit)",
    scenarios: ["elsewhere", "clean"],
    world: "cargo",
  },
  green: GREEN,
  "green-unsandboxed": {
    ...GREEN,
    name: "green-unsandboxed",
    title: "cargo-green, no sandbox",
    env: { ...GREEN.env, CARGOGREEN_SANDBOX: "off" },
  },
  sccache: {
    ...PLAIN,
    name: "sccache",
    title: "sccache",
    env: {
      RUSTC_WRAPPER: "{program}",
      SCCACHE_CONF: "{runtime}/empty.toml",
      SCCACHE_DIR: "{cache}",
      SCCACHE_CACHE_SIZE: "50G",
      SCCACHE_SERVER_UDS: "{runtime}/sccache.sock",
      SCCACHE_IDLE_TIMEOUT: "0",
      // Hits across checkouts (README, "Normalizing Paths").
      SCCACHE_BASEDIRS: "{checkouts}",
      // Not SCCACHE_CLIENT_SIDE, which docs/Configuration.md recommends: for Rust it is several times slower, as every
      // call then hashes the compiler anew.
      // "rustc's incremental compilation needs to be disabled" (docs/Rust.md).
      CARGO_INCREMENTAL: "0",
    },
    start: [["{program}", "--start-server"]],
    stop: [["{program}", "--stop-server"]],
    linksUncached: true,
  },
  kache: {
    ...PLAIN,
    name: "kache",
    title: "kache",
    env: {
      RUSTC_WRAPPER: "{program}",
      KACHE_CONFIG: "{runtime}/empty.toml",
      KACHE_HOST_CONFIG: "",
      KACHE_CACHE_DIR: "{cache}",
      KACHE_RUNTIME_DIR: "{runtime}",
      KACHE_MAX_SIZE: "50GiB",
      KACHE_LOCAL_ONLY: "1",
      // Hits across checkouts (docs, "Path normalization"; its own benchmark sets it too).
      KACHE_BASE_DIR: "{checkout}",
      // What `kache init` writes, so that C code of build scripts is cached.
      HOST_CC: "{program} cc",
      HOST_CXX: "{program} c++",
      CC_KNOWN_WRAPPER_CUSTOM: "kache",
    },
    start: [["{program}", "daemon", "start"]],
    stop: [["{program}", "daemon", "stop"]],
  },
  mbx: {
    ...PLAIN,
    name: "mbx",
    title: "mbx",
    command: ["{program}"],
    env: {
      MBX_CACHE_DIR: "{cache}",
      MBX_GC_MAX_SIZE: "50GiB",
      // Hits across checkouts (its settings' documentation).
      MBX_SHARE_WORKSPACE_ROOT: "1",
      // The target directory stays in the checkout, where it can be emptied as every other tool's.
      MBX_TARGET_VIEWS: "0",
    },
  },
};

export const TOOL_NAMES = Object.keys(TOOLS) as readonly ToolName[];

/** What is measured if nobody says, as far as it is installed. */
export const USUAL_TOOLS: readonly ToolName[] = ["cargo", "copy", "green", "sccache", "kache", "mbx"];

/** Values of the placeholders of a `Tool`. */
export type Placeholders = Readonly<
  Record<"program" | "cache" | "runtime" | "checkout" | "checkouts", string>
>;

/** Fills a text's placeholders in. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}
