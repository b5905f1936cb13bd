// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findEngineProgram } from "../../hack/engine.d/directory.ts";
import type { EngineProgramName } from "../../hack/engine.d/programs.ts";
import { type BuilderEntry, entryOf } from "../../src/runner/buildkit/connection/builder-entry.ts";
import type { BuilderPlace } from "../../src/runner/buildkit/connection/builder-place.ts";
import {
  findMade,
  makeContainer,
  removeMade,
} from "../../src/runner/buildkit/connection/container-builder.ts";
import { findBuilder } from "../../src/runner/buildkit/connection/find-builder.ts";
import { openBuilder } from "../../src/runner/buildkit/connection/open-builder.ts";
import { probeBuilder } from "../../src/runner/buildkit/connection/probe-builder.ts";
import { describeBuilder } from "../../src/runner/buildkit/describe-builder.ts";
import { findEngine } from "../../src/runner/engine/find-engine.ts";
import { machineSources } from "../../src/runner/engine/machine-sources.ts";
import { openEngine } from "../../src/runner/engine/open-engine.ts";
import { describeWithEngines } from "../support/engines.ts";
import { writeFiles } from "../support/files.ts";
import { run } from "../support/process.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const never = new AbortController().signal;
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "green-builders-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

type Variables = Readonly<Record<string, string>>;

const environment = (variables: Variables): Record<string, string> => ({
  ...{ HOME: home, ...variables },
  PATH: [variables["PATH"], process.env["PATH"]].filter(Boolean).join(":"),
});

function programOf(name: EngineProgramName): string {
  const path = findEngineProgram(name, process.env);
  if (path === undefined) throw new Error(`${name} is not installed: hack/engine up`);
  return path;
}

/** The builder that is found with these variables and settings. */
function found(variables: Variables, builders: Readonly<Record<string, BuilderEntry>> = {}, use?: string) {
  const chosen = use === undefined ? undefined : { value: use, from: "test" };
  return findBuilder({ chosen, builders }, machineSources(environment(variables)));
}

async function probed(place: BuilderPlace, variables: Variables, start = false) {
  const status = await probeBuilder(place, { env: environment(variables), signal: never, start });
  if (status.kind !== "running")
    return "error" in status ? `${status.kind}: ${status.error.message}` : status.kind;
  const { workers } = status.report;
  return `running ${workers[0]?.platforms[0]}`;
}

describeWithEngines(["docker"], "a docker engine", ({ docker, image }) => {
  const tls = {
    DOCKER_HOST: docker.tcp,
    DOCKER_TLS_VERIFY: "1",
    DOCKER_CERT_PATH: docker.certificateDirectory,
  };

  test.each([
    ["on its socket", { DOCKER_HOST: docker.host }],
    ["by TCP with TLS", tls],
  ] as [string, Variables][])("%s has a BuildKit inside, and images", async (_, variables) => {
    expect(await probed(await found(variables), variables)).toBe("running linux/amd64");
    const engine = openEngine(
      await findEngine(machineSources(environment(variables))),
      environment(variables),
    );
    try {
      expect((await engine.image(image.name))?.repoDigests).toContain(
        `${image.name.split(":")[0]}@${image.digest}`,
      );
      expect((await engine.image(image.name))?.config.env).toContain(`RUST_VERSION=${image.rustc}`);
      expect(await engine.image("nosuch:1")).toBeUndefined();
    } finally {
      await engine.close();
    }
  });

  test("of a context that docker made is found with its certificates", async () => {
    const { ca, certificate, key } = docker.certificates;
    const context = `host=${docker.tcp},ca=${ca},cert=${certificate},key=${key}`;
    const config = join(home, "contexts");
    const env = environment({ DOCKER_CONFIG: config });
    await run([docker.program, "context", "create", "secure", "--docker", context], { cwd: home, env });
    await run([docker.program, "context", "use", "secure"], { cwd: home, env });
    const place = await found({ DOCKER_CONFIG: config });
    expect(place.title).toBe("docker context secure");
    expect(await probed(place, {})).toBe("running linux/amd64");
  });

  test("that wants TLS, or no such thing as we say, says so", async () => {
    const plain = { DOCKER_HOST: docker.tcp };
    expect(await probed(await found(plain), plain)).toBe(`failed: ${docker.tcp} wants TLS`);
    const wrong = { BUILDKIT_HOST: docker.host };
    expect(await probed(await found(wrong), wrong)).toBe(
      `failed: ${docker.host} is a docker engine, not a buildkitd`,
    );
  });
});

describeWithEngines(["buildkit"], "a buildkitd", ({ buildkit }) => {
  const { ca, certificate: cert, key } = buildkit.certificates;
  const entry = { ...entryOf(buildkit.tcp), ca, cert, key };

  test("on its socket, and by TCP with the certificates of the settings", async () => {
    const socket = { BUILDKIT_HOST: buildkit.host };
    expect(await probed(await found(socket), socket)).toBe("running linux/amd64");
    const tcp = { BUILDKIT_HOST: buildkit.tcp };
    expect(await probed(await found(tcp, { team: entry }), tcp)).toBe("running linux/amd64");
    expect(await probed(await found({}, { team: entry }, "team"), {})).toBe("running linux/amd64");
  });

  test("says what it is to whom it does not know, and what is expected of it", async () => {
    const status = async (changed: Partial<BuilderEntry>) =>
      probed(await found({}, { team: { ...entry, ...changed } }, "team"), {});
    expect(await status({ ca: undefined, cert: undefined, key: undefined })).toBe(
      `failed: ${buildkit.tcp} wants TLS`,
    );
    expect(await status({ cert: undefined, key: undefined })).toContain("did not accept who we are");
    expect(await status({ ca: undefined })).toContain("is not trusted");
    expect(await status({ serverName: "elsewhere.example" })).toContain("is not trusted");
    const docker = { DOCKER_HOST: buildkit.host };
    expect(await probed(await found(docker), docker)).toContain("speaks something else");
  });
});

describeWithEngines(["ssh", "docker"], "an engine on another machine", ({ ssh, image }) => {
  const variables = { DOCKER_HOST: ssh.host, PATH: ssh.bin };

  test("is reached through ssh, with one login for its API and its BuildKit", async () => {
    const { endpoint, engine } = openBuilder(await found(variables), environment(variables));
    try {
      expect((await engine?.version())?.platform).toBe("linux/amd64");
      expect((await engine?.image(image.name))?.platform).toBe("linux/amd64");
      const report = await describeBuilder(endpoint, never);
      expect(report.workers[0]?.labels["org.mobyproject.buildkit.worker.hostname"]).toBe("builder");
      const children = await run(["ps", "--ppid", String(process.pid), "-o", "args="], {
        cwd: home,
        env: environment({}),
      });
      expect(children.stdout.match(/system dial-stdio/g)?.length ?? 0).toBeLessThanOrEqual(1);
    } finally {
      await endpoint.close();
    }
  });

  test("that does not let us in, or has no such program, says so in ssh's words", async () => {
    const status = async (host: string, settings = variables) => {
      const changed = { ...settings, DOCKER_HOST: host };
      return probed(await found(changed), changed);
    };
    expect(await status("ssh://stranger@builder")).toMatch(/^failed: ssh:\/\/stranger@builder /);
    expect(await status(`${ssh.host}/run/nosuch.sock`)).toContain(
      "/run/nosuch.sock: connect: no such file or directory",
    );
    const buildctl = { ...variables, BUILDKIT_HOST: ssh.host };
    expect(await probed(await found(buildctl), buildctl)).toContain(
      `There is no \`buildctl\` at ${ssh.host}`,
    );
  });
});

describeWithEngines(["docker", "buildkit"], "BuildKit in a container", ({ docker, image }) => {
  const variables = { DOCKER_HOST: docker.host };
  const name = `green-${randomUUID().slice(0, 8)}`;
  const buildkitImage = `cargo-green-test/buildkit:${name}`;

  const root = join(dirname(programOf("dockerd")), "../root");

  /** The engine's base image, with BuildKit and what that looks for. */
  async function buildImage(): Promise<void> {
    const context = join(home, "image");
    for (const program of ["buildctl", "buildkitd", "runc"] as const) {
      cpSync(programOf(program), join(context, program), { dereference: true });
    }
    writeFileSync(
      join(context, "Dockerfile"),
      `FROM ${image.name}\nCOPY buildctl buildkitd runc /usr/local/bin/\nENTRYPOINT ["buildkitd"]\n`,
    );
    const built = await run([docker.program, "build", "--tag", buildkitImage, "."], {
      cwd: context,
      env: environment(variables),
    });
    expect(built.stderr, built.stderr).toSatisfy(() => built.status === 0);
  }

  beforeAll(buildImage);
  afterAll(async () => {
    const remove = [docker.program, "image", "rm", "--force", buildkitImage];
    await run(remove, { cwd: home, env: environment(variables) });
  });

  test("is made, stopped, started when it is dialled, and removed with its state", async () => {
    const engine = await findEngine(machineSources(environment(variables)));
    const env = environment(variables);
    const wanted = { builder: name, image: buildkitImage, say: () => {}, signal: never };
    const entry = await makeContainer(engine, wanted, env);
    expect(entry).toMatchObject({
      url: `docker-container://cargo-green-builder-${name}`,
      engine: docker.host,
    });
    await expect(makeContainer(engine, wanted, env)).rejects.toMatchObject({ code: "usage" });
    const place = await found({}, { [name]: entry }, name);
    expect(await probed(place, {})).toBe("running linux/amd64");
    await run([docker.program, "stop", `cargo-green-builder-${name}`], { cwd: home, env });
    expect(await probed(place, {})).toBe("stopped");
    expect(await probed(place, {}, true)).toBe("running linux/amd64");
    expect(await findMade("another", place.at, env, never)).toBeUndefined();
    const made = await findMade(name, place.at, env, never);
    expect(made?.name).toBe(`cargo-green-builder-${name}`);
    if (made !== undefined) await removeMade(made, { keepState: false, signal: never }, env);
    expect(await probed(place, {})).toContain("absent: The container");
    const volumes = await run([docker.program, "volume", "ls", "--quiet"], { cwd: home, env });
    expect(volumes.stdout).not.toContain(name);
  });

  test("of an image that has none is not left behind, and says why", async () => {
    const engine = await findEngine(machineSources(environment(variables)));
    const wanted = { builder: `${name}-no`, image: image.name, say: () => {}, signal: never };
    await expect(makeContainer(engine, wanted, environment(variables))).rejects.toMatchObject({
      ...{ code: "refused", message: expect.stringContaining("BuildKit did not start") },
    });
    const all = await run([docker.program, "ps", "--all"], { cwd: home, env: environment(variables) });
    expect(all.stdout).not.toContain(`${name}-no`);
  });

  describe("that buildx made", () => {
    const config = () => ({ ...variables, DOCKER_CONFIG: join(home, "buildx") });
    const buildx = (...args: string[]) =>
      run([docker.program, "buildx", ...args], { cwd: home, env: environment(config()) });
    afterAll(() => buildx("rm", name));

    beforeAll(() => {
      const cliPluginsExtraDirs = [join(root, "usr/libexec/docker/cli-plugins")];
      writeFiles(home, { "buildx/config.json": JSON.stringify({ cliPluginsExtraDirs }) });
    });

    test("is found by buildx's files, which stay as they are", async () => {
      const opts = ["--driver", "docker-container", "--driver-opt", `image=${buildkitImage}`, "--use"];
      await buildx("create", "--name", name, ...opts);
      const place = await found(config());
      expect(place.title).toBe(`buildx builder ${name}`);
      expect(await probed(place, config())).toContain(`absent: The container "buildx_buildkit_${name}0"`);
      const before = readFileSync(join(home, "buildx/buildx/current"), "utf8");
      expect((await buildx("inspect", "--bootstrap")).status).toBe(0);
      expect(await probed(place, config())).toBe("running linux/amd64");
      expect(readFileSync(join(home, "buildx/buildx/current"), "utf8")).toBe(before);
    });
  });
});
