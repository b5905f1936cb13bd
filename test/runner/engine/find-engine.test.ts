// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { listContexts } from "../../../src/runner/engine/docker-contexts.ts";
import { engineOfContext, findEngine } from "../../../src/runner/engine/find-engine.ts";
import { formatAddress } from "../../../src/runner/stream/stream-address.ts";
import { dockerSources } from "../../support/docker-sources.ts";
import { CONTEXT_FILES, HOME, SECURE_TLS } from "../../support/fixtures/docker-home.ts";

const CONFIG = `${HOME}/.docker/config.json`;
const SECURE = { [CONFIG]: '{"auths": {}, "currentContext": "secure"}', ...CONTEXT_FILES };

/** What is found, as text. */
async function found(...sources: Parameters<typeof dockerSources>): Promise<string> {
  const { name, address, from } = await findEngine(dockerSources(...sources));
  return `${name} | ${formatAddress(address)} | ${from}`;
}

describe("the engine", () => {
  test("of DOCKER_HOST goes before every context", async () => {
    const env = { DOCKER_HOST: "ssh://me@there", DOCKER_CONTEXT: "far" };
    expect(await found(SECURE, env)).toBe("ssh://me@there | ssh://me@there | DOCKER_HOST");
  });

  test("of DOCKER_CONTEXT goes before the current context, and that before the socket", async () => {
    expect(await found(SECURE, { DOCKER_CONTEXT: "far", DOCKER_HOST: "" })).toBe(
      "docker context far | ssh://me@far.example:2222 | DOCKER_CONTEXT",
    );
    expect(await found(SECURE)).toBe(`docker context secure | tcp://secure.example:2376 | ${CONFIG}`);
    expect(await found(SECURE, { DOCKER_CONTEXT: "default" })).toBe(
      "docker | unix:///var/run/docker.sock | default",
    );
  });

  test.each([
    [{ "/var/run/docker.sock": true, "/run/user/7/docker.sock": true }, "/var/run/docker.sock"],
    [{ "/var/run/docker.sock": false, "/run/user/7/docker.sock": true }, "/run/user/7/docker.sock"],
    [{ "/var/run/docker.sock": false }, "/var/run/docker.sock"],
    [{ [`${HOME}/.docker/run/docker.sock`]: true }, `${HOME}/.docker/run/docker.sock`],
    [{}, "/var/run/docker.sock"],
  ])("of nobody's choice is at the first socket that may be used: %j", async (sockets, path) => {
    expect(await found({}, { XDG_RUNTIME_DIR: "/run/user/7" }, sockets)).toBe(
      `docker | unix://${path} | default`,
    );
  });

  test.each([
    ["tcp://far", "tcp://far:2375"],
    ["far:99", "tcp://far:99"],
    ["unix://", "unix:///var/run/docker.sock"],
    [" unix:///run/d.sock ", "unix:///run/d.sock"],
  ])("that DOCKER_HOST=%s means is %s, as docker reads it", async (host, address) => {
    expect(await found({}, { DOCKER_HOST: host })).toContain(`| ${address} |`);
  });

  test("in DOCKER_CONFIG is looked for there", async () => {
    const files = Object.entries(SECURE).map(([path, text]) => [
      path.replace(`${HOME}/.docker`, "/etc/d"),
      text,
    ]);
    expect(await found(Object.fromEntries(files), { DOCKER_CONFIG: "/etc/d" })).toContain(
      "docker context secure",
    );
  });
});

describe("TLS", () => {
  const tls = async (env: Record<string, string>, files = {}) => {
    const { address } = await findEngine(dockerSources(files, { DOCKER_HOST: "tcp://far:2376", ...env }));
    return address.kind === "tcp" ? address.tls : "no TCP";
  };

  test("is spoken if DOCKER_TLS_VERIFY or DOCKER_TLS say so, with what DOCKER_CERT_PATH or docker's directory has", async () => {
    expect(await tls({})).toBeUndefined();
    expect(await tls({ DOCKER_TLS_VERIFY: "", DOCKER_CERT_PATH: "/c" })).toBeUndefined();
    expect(
      await tls({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/c" }, { "/c/cert.pem": "", "/c/key.pem": "" }),
    ).toEqual({
      ...{ ca: "/c/ca.pem", cert: "/c/cert.pem", key: "/c/key.pem", verify: true },
    });
    expect(await tls({ DOCKER_TLS: "1" })).toEqual({ ca: `${HOME}/.docker/ca.pem`, verify: false });
  });

  test("is spoken with a context's own certificates, or without looking at the other side's", async () => {
    const at = async (name: string) =>
      (await engineOfContext(name, "test", dockerSources(CONTEXT_FILES))).address;
    expect(await at("secure")).toMatchObject({
      tls: {
        ca: `${SECURE_TLS}/ca.pem`,
        cert: `${SECURE_TLS}/cert.pem`,
        key: `${SECURE_TLS}/key.pem`,
        verify: true,
      },
    });
    expect(await at("lax")).toMatchObject({ tls: { verify: false } });
  });
});

test("contexts are listed by name, with what is said of them", async () => {
  const contexts = await listContexts(dockerSources(CONTEXT_FILES));
  expect(contexts.map(({ name, description }) => [name, description])).toEqual([
    ["far", undefined],
    ["lax", undefined],
    ["secure", "over TLS"],
  ]);
});

describe("what makes no sense names what said it", () => {
  test.each([
    [{ DOCKER_HOST: "fd://" }, {}, 'DOCKER_HOST: "fd://" is no place where a docker engine can be reached'],
    [{ DOCKER_HOST: "tcp://x:y" }, {}, 'DOCKER_HOST: "tcp://x:y" is no address'],
    [{ DOCKER_CONTEXT: "fra" }, CONTEXT_FILES, 'DOCKER_CONTEXT: there is no docker context "fra"'],
    [{}, { [CONFIG]: '{"currentContext": "gone"}' }, `${CONFIG}: there is no docker context "gone"`],
    [{}, { [CONFIG]: '{"auths": {"secret": ' }, `"${CONFIG}" is no JSON object`],
  ])("%j", async (env, files, message) => {
    await expect(findEngine(dockerSources(files, env))).rejects.toMatchObject({
      ...{ code: "config", message: expect.stringContaining(message), hint: expect.any(String) },
    });
  });

  test("a context without a docker engine is told by its name", async () => {
    const [path] = Object.keys(CONTEXT_FILES);
    const files = { [String(path)]: '{"Name":"far","Endpoints":{"kubernetes":{"Host":"https://x"}}}' };
    await expect(engineOfContext("far", "test", dockerSources(files))).rejects.toThrow(
      'The docker context "far" has no docker endpoint',
    );
  });
});
