// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type BuilderEntry, entryOf } from "../../../../src/runner/buildkit/connection/builder-entry.ts";
import type { BuilderPlace } from "../../../../src/runner/buildkit/connection/builder-place.ts";
import { findBuilder } from "../../../../src/runner/buildkit/connection/find-builder.ts";
import { formatAddress } from "../../../../src/runner/stream/stream-address.ts";
import { dockerSources } from "../../../support/docker-sources.ts";
import { BUILDX_FILES, buildxUse, CONTEXT_FILES, HOME } from "../../../support/fixtures/docker-home.ts";

const FILES = { ...CONTEXT_FILES, ...BUILDX_FILES };

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly use?: string;
  readonly builders?: Readonly<Record<string, Partial<BuilderEntry> & { readonly url: string }>>;
}

function find({ files = {}, env = {}, use, builders = {} }: Given): Promise<BuilderPlace> {
  const entries = Object.entries(builders).map(([name, entry]) => [
    name,
    { ...entryOf(entry.url), ...entry },
  ]);
  return findBuilder(
    {
      chosen: use === undefined ? undefined : { value: use, from: "green.toml:1" },
      builders: Object.fromEntries(entries),
    },
    dockerSources({ ...FILES, ...files }, env),
  );
}

/** As text: by what, which, how, where. */
async function found(given: Given): Promise<string> {
  const { title, from, at } = await find(given);
  switch (at.driver) {
    case "docker":
      return `${from}: ${title}, docker at ${formatAddress(at.engine.address)}`;
    case "docker-container":
      return `${from}: ${title}, ${at.container} at ${formatAddress(at.engine.address)}`;
    case "remote":
      return `${from}: ${title}, remote at ${formatAddress(at.address)}`;
    case "unsupported":
      return `${from}: ${title}, in ${at.what}`;
  }
}

describe("the builder is", () => {
  test("what settings say: a builder of theirs, of buildx, a context, an address", async () => {
    const env = { BUILDKIT_HOST: "unix:///other.sock", BUILDX_BUILDER: "near" };
    const builders = { near: { url: "tcp://mine:1" } };
    expect(await found({ use: "near", builders, env })).toBe(
      "green.toml:1: builder near, remote at tcp://mine:1",
    );
    expect(await found({ use: "Near", env })).toBe(
      "green.toml:1: buildx builder near, remote at unix:///run/buildkit/buildkitd.sock",
    );
    expect(await found({ use: "far", env })).toBe(
      "green.toml:1: docker context far, docker at ssh://me@far.example:2222",
    );
    expect(await found({ use: "ssh://you@big", env })).toBe(
      "green.toml:1: ssh://you@big, docker at ssh://you@big",
    );
    expect(await found({ use: "default", env: { ...env, DOCKER_HOST: "tcp://d:1" } })).toBe(
      "DOCKER_HOST: tcp://d:1, docker at tcp://d:1",
    );
  });

  test("else that of BUILDKIT_HOST, with the certificates that settings have for that address", async () => {
    const env = { BUILDKIT_HOST: "tcp://secure:1234", BUILDX_BUILDER: "near" };
    expect(await found({ env })).toBe("BUILDKIT_HOST: tcp://secure:1234, remote at tcp://secure:1234");
    const builders = { own: { url: "tcp://secure:1234", ca: "/ca.pem", cert: "/cert.pem", key: "/key.pem" } };
    expect(await find({ env, builders })).toMatchObject({
      title: "builder own",
      at: { address: { tls: { ca: "/ca.pem", cert: "/cert.pem", key: "/key.pem", verify: true } } },
    });
  });

  test("else that of BUILDX_BUILDER, which knows nothing of our settings", async () => {
    const env = { BUILDX_BUILDER: "onfar", DOCKER_HOST: "tcp://d:1" };
    expect(
      await found({
        env,
        builders: { onfar: { url: "tcp://mine:1" } },
        files: buildxUse("tcp://d:1", "near"),
      }),
    ).toBe("BUILDX_BUILDER: buildx builder onfar, buildx_buildkit_onfar0 at ssh://me@far.example:2222");
  });

  test("else the one that `docker buildx use` chose for this engine, or for all", async () => {
    const near = "docker buildx use: buildx builder near, remote at unix:///run/buildkit/buildkitd.sock";
    const docker = "default: docker, docker at unix:///var/run/docker.sock";
    expect(await found({ files: buildxUse("unix:///var/run/docker.sock", "near") })).toBe(near);
    expect(await found({ files: buildxUse("unix:///elsewhere.sock", "near") })).toBe(docker);
    expect(await found({ files: buildxUse("unix:///elsewhere.sock", "near", true) })).toBe(near);
    expect(await found({ files: buildxUse("far", "near"), env: { DOCKER_CONTEXT: "far" } })).toBe(near);
    expect(await found({ files: buildxUse("tcp://d:2375", "near"), env: { DOCKER_HOST: "tcp://d" } })).toBe(
      near,
    );
    expect(await found({ files: buildxUse("unix:///var/run/docker.sock", "removed") })).toBe(docker);
  });

  test("else the one that was made the default of this engine", async () => {
    const key = createHash("sha256").update("far").digest("hex").slice(0, 20);
    const files = {
      ...buildxUse("elsewhere", "contained"),
      [`${HOME}/.docker/buildx/defaults/${key}`]: "near",
    };
    expect(await found({ files, env: { DOCKER_CONTEXT: "far" } })).toContain("buildx builder near");
    expect(await found({ files })).toContain("default: docker,");
  });

  test("else the engine's own", async () => {
    expect(await found({ env: { DOCKER_CONTEXT: "far" } })).toBe(
      "DOCKER_CONTEXT: docker context far, docker at ssh://me@far.example:2222",
    );
  });

  test("looked for in BUILDX_CONFIG, if that is set", async () => {
    const files = { "/bx/instances/near": BUILDX_FILES[`${HOME}/.docker/buildx/instances/apart`] ?? "" };
    expect(await found({ files, env: { BUILDX_CONFIG: "/bx", BUILDX_BUILDER: "near" } })).toContain(
      "tcp://127.0.0.1:5613",
    );
  });
});

describe("a builder of buildx", () => {
  test("of the remote driver has its certificates", async () => {
    expect((await find({ use: "apart" })).at).toEqual({
      driver: "remote",
      address: {
        ...{ kind: "tcp", host: "127.0.0.1", port: 5613 },
        tls: {
          ...{ ca: "/certs/ca.pem", cert: "/certs/client.pem", key: "/certs/client-key.pem" },
          ...{ serverName: "buildkitd", verify: true },
        },
      },
    });
  });

  test("is its first node, found in lower case, and may be in Kubernetes", async () => {
    expect(await found({ use: "Two" })).toBe("green.toml:1: buildx builder Two, remote at tcp://one:1234");
    expect(await found({ use: "cluster" })).toBe("green.toml:1: buildx builder cluster, in Kubernetes");
  });

  test("that is damaged is told by its file", async () => {
    const path = `${HOME}/.docker/buildx/instances/near`;
    for (const text of ["{", '{"Name":"near","Driver":"remote","Nodes":[]}']) {
      await expect(find({ use: "near", files: { [path]: text } })).rejects.toMatchObject({
        ...{ code: "config", message: expect.stringContaining(path) },
      });
    }
  });
});

describe("a builder of the settings", () => {
  test.each([
    [{ url: "unix:///b.sock" }, "remote at unix:///b.sock"],
    [{ url: "unix:///d.sock", driver: "docker" }, "docker at unix:///d.sock"],
    [{ url: "ssh://big" }, "docker at ssh://big"],
    [{ url: "ssh://big", driver: "remote" }, "remote at ssh://big"],
    [{ url: "docker-container://bk" }, "bk at unix:///var/run/docker.sock"],
    [{ url: "docker-container://bk", engine: "far" }, "bk at ssh://me@far.example:2222"],
    [{ url: "docker-container://bk", engine: "tcp://d:1" }, "bk at tcp://d:1"],
    [{ url: "docker-container://bk?context=far", engine: "tcp://d:1" }, "bk at ssh://me@far.example:2222"],
    [{ url: "kube-pod://bk" }, "in a pod of Kubernetes"],
  ] as const)("%j is %s", async (entry, place) => {
    expect(await found({ use: "own", builders: { own: entry } })).toBe(`green.toml:1: builder own, ${place}`);
  });
});

test.each([
  [{ use: "nosuch" }, 'green.toml:1: there is no builder "nosuch"'],
  [
    { env: { BUILDX_BUILDER: "mine" }, builders: { mine: { url: "tcp://a:1" } } },
    'BUILDX_BUILDER: there is no builder "mine"',
  ],
  [{ env: { BUILDKIT_HOST: "http://x" } }, 'BUILDKIT_HOST: "http://x" is no address of BuildKit'],
  [
    { env: { BUILDKIT_HOST: "docker-container://" } },
    'BUILDKIT_HOST: "docker-container://" names no container',
  ],
  [{ use: "x", builders: { x: { url: "tcp://a" } } }, 'builders.x: "tcp://a" is no address'],
  [
    { use: "x", builders: { x: { url: "unix:///a", driver: "docker-container" } } },
    'builders.x: The driver "docker-container"',
  ],
] as const)("what makes no sense names what said it: %j", async (given, message) => {
  await expect(find(given)).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(message),
  });
});
