// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { combine, resolveConfig } from "../../src/config/resolve.ts";
import {
  SETTING_NAMES,
  SETTINGS,
  type Setting,
  type SettingName,
  variableOf,
} from "../../src/config/settings.ts";
import { type Found, sourceOf } from "../../src/config/source.ts";

const home = { HOME: "/home/ann" };
const resolved = async (env: NodeJS.ProcessEnv) =>
  (await resolveConfig({ env: { ...home, ...env }, cwd: "/project", start: undefined })).config;

test("nothing set gives the defaults", async () => {
  expect(await resolved({})).toMatchObject({
    enabled: true,
    cacheDir: "/home/ann/.cache/cargo-green",
    keepSize: undefined,
    log: "warn",
    remapPathPrefix: true,
    idleMs: 30_000,
    sandbox: "prefer",
    runner: "host",
    remotes: {},
  });
});

test("variables win over defaults, and paths count from the request's directory", async () => {
  const env = {
    CARGOGREEN_ENABLED: "off",
    CARGOGREEN_CACHE_DIR: "cache",
    CARGOGREEN_LOG: "DEBUG",
    CARGOGREEN_REMAP_PATH_PREFIX: "0",
    CARGOGREEN_IDLE: "500ms",
    CARGOGREEN_KEEP_SIZE: "10GB",
    CARGOGREEN_WITH_NETWORK: "openssl-sys, ring",
    CARGOGREEN_ADD_APT: "libpq-dev cmake",
    CARGOGREEN_RUNNER: "docker",
    CARGOGREEN_SET_ENVS: "",
  };
  expect(await resolved(env)).toMatchObject({
    enabled: false,
    cacheDir: "/project/cache",
    log: "debug",
    remapPathPrefix: false,
    idleMs: 500,
    keepSize: 10e9,
    withNetwork: ["openssl-sys", "ring"],
    addApt: ["libpq-dev", "cmake"],
    runner: "buildkit",
    setEnvs: [],
  });
});

test("XDG_CACHE_HOME is followed where it is absolute", async () => {
  const cacheDir = async (xdg: string) => (await resolved({ XDG_CACHE_HOME: xdg })).cacheDir;
  expect(await cacheDir("/var/cache/ann")).toBe("/var/cache/ann/cargo-green");
  expect(await cacheDir("cache")).toBe("/home/ann/.cache/cargo-green");
  expect(await cacheDir("")).toBe("/home/ann/.cache/cargo-green");
});

test.each([
  ["CARGOGREEN_REMAP_PATH_PREFIX", "maybe"],
  ["CARGOGREEN_ENABLED", "2"],
  ["CARGOGREEN_LOG", "loud"],
  ["CARGOGREEN_IDLE", "30"],
  ["CARGOGREEN_KEEP_SIZE", "much"],
  ["CARGOGREEN_SANDBOX", "sometimes"],
])("%s=%s is refused by name and value", async (name, value) => {
  await expect(resolved({ [name]: value })).rejects.toThrow(`${name} is "${value}", which is not `);
});

test("a variable that is no setting is refused, with the nearest one; retired and internal ones are not", async () => {
  await expect(resolved({ CARGOGREEN_SANDBXO: "off" })).rejects.toMatchObject({
    message: "The variable CARGOGREEN_SANDBXO is no setting",
    hint: "did you mean CARGOGREEN_SANDBOX?",
  });
  await resolved({ CARGOGREEN_LOG_PATH: "/x", CARGOGREEN_SOCKET: "/y", CARGOGREEN_NODE: "/z" });
});

test("without a home there is no default place, and the error says what to set", async () => {
  const bare = (env: NodeJS.ProcessEnv) => resolveConfig({ env, cwd: "/", start: undefined });
  await expect(bare({})).rejects.toThrow(/HOME is not set/);
  expect((await bare({ CARGOGREEN_CACHE_DIR: "/c" })).config.cacheDir).toBe("/c");
});

test("of several sources the strongest that has a value wins, and of a remote each field by itself", () => {
  const found = (value: unknown, name: string): Found => ({ value, origin: { kind: "variable", name } });
  const strong = sourceOf(new Map([["log", found("error", "STRONG")]]), {
    remotes: new Map([["team", new Map([["push", found(false, "STRONG")]])]]),
  });
  const weak = sourceOf(
    new Map<SettingName, Found>([
      ["log", found("info", "WEAK")],
      ["idleMs", found(1, "WEAK")],
    ]),
    {
      remotes: new Map([
        [
          "team",
          new Map([
            ["url", found("oci://r/n", "WEAK")],
            ["push", found(true, "WEAK")],
          ]),
        ],
      ]),
    },
  );
  const { config, origins, tableOrigins } = combine([strong, weak], home);
  expect([config.log, config.idleMs]).toEqual(["error", 1]);
  expect(config.remotes).toEqual({
    team: expect.objectContaining({ url: "oci://r/n", visibility: "public", push: false, pull: true }),
  });
  expect(origins.get("log")).toEqual({ kind: "variable", name: "STRONG" });
  expect(tableOrigins.remotes.get("team")?.get("pull")).toEqual({ kind: "default" });
  expect(() => combine([strong], home)).toThrow('the remote "team" has no url');
});

test("the variables of a configuration give the same configuration again", async () => {
  const config = await resolved({
    CARGOGREEN_IDLE: "1500ms",
    CARGOGREEN_KEEP_SIZE: "1.5GiB",
    CARGOGREEN_WITH_NETWORK: "a b",
    CARGOGREEN_LOG: "info",
    CARGOGREEN_PUSH: "on-success",
    CARGOGREEN_FETCH: "lazy",
    CARGOGREEN_PRIVACY_ALLOW_ENV: "A,B",
  });
  expect(config).toMatchObject({ push: "on-success", fetch: "lazy", allowEnv: ["A", "B"] });
  const variables = SETTING_NAMES.map((name) => {
    const { kind } = SETTINGS[name] as Setting<Config[SettingName]>;
    return [variableOf(name), kind.toText(config[name])] as const;
  });
  expect(await resolved(Object.fromEntries(variables))).toEqual(config);
});
