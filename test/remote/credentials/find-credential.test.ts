// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { createCredentialProvider } from "../../../src/remote/credentials/find-credential.ts";
import type { HelperRunner } from "../../../src/remote/credentials/run-helper.ts";

const DOCKER = "/home/user/.docker/config.json";

interface Setup {
  readonly files: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly helpers?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A provider over some files, and helpers by name and server. */
function provider({ files, env = {}, helpers = {} }: Setup) {
  const runHelper: HelperRunner = async (name, server) => {
    const password = helpers[name]?.[server];
    return password === undefined ? undefined : { kind: "basic", username: `from ${name}`, password };
  };
  return createCredentialProvider({
    ...{ env, home: "/home/user", runHelper },
    readFile: async (path) => {
      const file = files[path];
      return typeof file === "object" ? JSON.stringify(file) : (file as string | undefined);
    },
  });
}

function auth(password: string) {
  return { auth: Buffer.from(`user:${password}`).toString("base64") };
}

function basic(password: string) {
  return { kind: "basic", username: "user", password };
}

test("nothing is found where there is nothing", async () => {
  expect(await provider({ files: {} })("registry.example", "a")).toBeUndefined();
  expect(await provider({ files: { [DOCKER]: {} } })("registry.example", "a")).toBeUndefined();
  expect(
    await provider({ files: { [DOCKER]: { auths: { "registry.example": {} } } } })("registry.example", "a"),
  ).toBe(undefined);
});

test.each([
  ["registry.example"],
  ["https://registry.example"],
  ["http://registry.example/"],
  ["https://registry.example/v1/"],
  ["https://registry.example/v2/"],
  ["registry.example/v2"],
  ["Registry.Example"],
])("Docker's key %s is the host", async (key) => {
  const find = provider({ files: { [DOCKER]: { auths: { [key]: auth("x") } } } });
  expect(await find("registry.example", "a/b")).toEqual(basic("x"));
  expect(await find("registry.example:5000", "a/b")).toBeUndefined();
  expect(await find("other.example", "a/b")).toBeUndefined();
});

test("a port is part of the host", async () => {
  const find = provider({
    files: { [DOCKER]: { auths: { "localhost:5000": auth("x"), localhost: auth("y") } } },
  });
  expect(await find("localhost:5000", "a")).toEqual(basic("x"));
  expect(await find("localhost", "a")).toEqual(basic("y"));
});

test.each([["https://index.docker.io/v1/"], ["docker.io"], ["index.docker.io"], ["registry-1.docker.io"]])(
  "Docker Hub is meant by %s",
  async (key) => {
    const find = provider({ files: { [DOCKER]: { auths: { [key]: auth("x") } } } });
    for (const host of ["docker.io", "registry-1.docker.io"]) {
      expect(await find(host, "library/a")).toEqual(basic("x"));
    }
  },
);

test("the most specific of podman's keys wins", async () => {
  const auths = {
    "registry.example": auth("host"),
    "registry.example/acme": auth("namespace"),
    "registry.example/acme/cache": auth("repository"),
  };
  const find = provider({ files: { "/auth.json": { auths } }, env: { REGISTRY_AUTH_FILE: "/auth.json" } });
  expect(await find("registry.example", "acme/cache")).toEqual(basic("repository"));
  expect(await find("registry.example", "acme/cache/deeper")).toEqual(basic("repository"));
  expect(await find("registry.example", "acme/cached")).toEqual(basic("namespace"));
  expect(await find("registry.example", "acmes/cache")).toEqual(basic("host"));
});

test("entries may hold tokens, colons in passwords, and padding", async () => {
  const find = (entry: unknown) => provider({ files: { [DOCKER]: { auths: { h: entry } } } })("h", "a");
  expect(await find({ ...auth("x"), identitytoken: "t" })).toEqual({ kind: "identity-token", token: "t" });
  expect(await find({ registrytoken: "t" })).toEqual({ kind: "registry-token", token: "t" });
  expect(await find({ username: "user", password: "x" })).toEqual(basic("x"));
  expect(await find(auth("a:b"))).toEqual(basic("a:b"));
  expect(await find(auth("x\0\0"))).toEqual(basic("x"));
});

test("a helper for the host is asked before one for all, and this before the file", async () => {
  const file = {
    auths: { "a.example": auth("file"), "b.example": auth("file"), "c.example": auth("file") },
    credHelpers: { "a.example": "special" },
    credsStore: "store",
  };
  const helpers = {
    special: { "a.example": "special" },
    store: { "a.example": "store", "b.example": "store", "https://index.docker.io/v1/": "hub" },
  };
  const find = provider({ files: { [DOCKER]: file }, helpers });
  expect(await find("a.example", "x")).toMatchObject({ username: "from special" });
  expect(await find("b.example", "x")).toMatchObject({ username: "from store" });
  expect(await find("c.example", "x")).toEqual(basic("file"));
  expect(await find("docker.io", "x")).toMatchObject({ password: "hub" });
});

test("files are looked at in order, until one knows the host", async () => {
  const places = [
    "/named.json",
    "/docker/config.json",
    "/run/user/1/containers/auth.json",
    "/home/user/.config/containers/auth.json",
  ];
  const env = { REGISTRY_AUTH_FILE: "/named.json", DOCKER_CONFIG: "/docker", XDG_RUNTIME_DIR: "/run/user/1" };
  for (const [at, first] of places.entries()) {
    const later = places.slice(at + 1).map((path) => [path, { auths: { h: auth("later") } }]);
    const files = { [DOCKER]: { auths: { h: auth("not looked at") } }, ...Object.fromEntries(later) };
    const find = provider({ files: { ...files, [first]: { auths: { h: auth(first) } } }, env });
    expect(await find("h", "a")).toEqual(basic(first));
  }
});

test.each([
  ["{ auths: hunter2 }"],
  ['"hunter2"'],
  ["[]"],
  ["null"],
  [JSON.stringify({ auths: { h: { auth: Buffer.from("hunter2").toString("base64") } } })],
  [JSON.stringify({ auths: { h: { auth: Buffer.from(":hunter2").toString("base64") } } })],
])("a file that is damaged (%s) is named, and nothing of it repeated", async (text) => {
  const failure = await provider({ files: { [DOCKER]: text } })("h", "a").catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ code: "config", message: expect.stringContaining(DOCKER) });
  expect(`${failure}${(failure as Error).cause}${JSON.stringify(failure)}`).not.toMatch(/hunter2|aHVudGVy/);
});
