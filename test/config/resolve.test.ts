// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { ConfigSource } from "../../src/config/source.ts";
import { variablesOf } from "../../src/config/variables.ts";

const home = { HOME: "/home/ann" };
const resolved = (env: NodeJS.ProcessEnv, sources: readonly ConfigSource[] = []) =>
  resolveConfig({ env: { ...home, ...env }, cwd: "/project", sources });

test("nothing set gives the defaults", () => {
  expect(resolved({})).toEqual({
    enabled: true,
    cacheDir: "/home/ann/.cache/cargo-green",
    log: "warn",
    remapPathPrefix: true,
    sandbox: "prefer",
    withNetwork: [],
    setEnvs: [],
    idleMs: 30_000,
  });
});

test("variables win over defaults, and paths count from the request's directory", () => {
  const env = {
    CARGOGREEN_ENABLED: "off",
    CARGOGREEN_CACHE_DIR: "cache",
    CARGOGREEN_LOG: "DEBUG",
    CARGOGREEN_REMAP: "0",
    CARGOGREEN_SANDBOX: "Enforce",
    CARGOGREEN_WITH_NETWORK: "ring, openssl-sys",
    CARGOGREEN_SET_ENVS: "FOO BAR",
    CARGOGREEN_IDLE: "500ms",
  };
  expect(resolved(env)).toEqual({
    enabled: false,
    cacheDir: "/project/cache",
    log: "debug",
    remapPathPrefix: false,
    sandbox: "enforce",
    withNetwork: ["ring", "openssl-sys"],
    setEnvs: ["FOO", "BAR"],
    idleMs: 500,
  });
});

test("XDG_CACHE_HOME is followed where it is absolute", () => {
  expect(resolved({ XDG_CACHE_HOME: "/var/cache/ann" }).cacheDir).toBe("/var/cache/ann/cargo-green");
  expect(resolved({ XDG_CACHE_HOME: "cache" }).cacheDir).toBe("/home/ann/.cache/cargo-green");
  expect(resolved({ XDG_CACHE_HOME: "" }).cacheDir).toBe("/home/ann/.cache/cargo-green");
});

test.each([
  ["CARGOGREEN_REMAP", "maybe"],
  ["CARGOGREEN_ENABLED", "2"],
  ["CARGOGREEN_LOG", "loud"],
  ["CARGOGREEN_IDLE", "30"],
])("%s=%s is refused by name and value", (name, value) => {
  expect(() => resolved({ [name]: value })).toThrow(new RegExp(`^${name} is "${value}", which is not `));
});

test("without a home there is no default place, and the error says what to set", () => {
  expect(() => resolveConfig({ env: {}, cwd: "/" })).toThrow(/HOME is not set/);
  expect(resolveConfig({ env: { CARGOGREEN_CACHE_DIR: "/c" }, cwd: "/" }).cacheDir).toBe("/c");
});

test("other sources come after the environment, and are named when they are wrong", () => {
  const file: ConfigSource = {
    find: (setting) => (setting === "log" ? { where: "log in green.toml", text: "info" } : undefined),
  };
  expect(resolved({}, [file]).log).toBe("info");
  expect(resolved({ CARGOGREEN_LOG: "error" }, [file]).log).toBe("error");
  const broken: ConfigSource = {
    find: (setting) => (setting === "idleMs" ? { where: "idle in green.toml", text: "soon" } : undefined),
  };
  expect(() => resolved({}, [broken])).toThrow(/^idle in green.toml is "soon"/);
});

test("the variables of a configuration give the same configuration again", () => {
  const config = resolved({ CARGOGREEN_IDLE: "1500ms", CARGOGREEN_REMAP: "no", CARGOGREEN_LOG: "info" });
  expect(resolved(Object.fromEntries(variablesOf(config)))).toEqual(config);
});
