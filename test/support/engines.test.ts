// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startOwnBuildkit } from "./engines/own-engine.ts";
import { describeWithEngines } from "./engines.ts";
import { run } from "./process.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let context: string;

beforeEach(() => {
  context = mkdtempSync(join(tmpdir(), "green-context-"));
});

afterEach(() => rmSync(context, { recursive: true, force: true }));

/** A file that the image's own compiler made a program for, which ran without a network. */
function writeDockerfile(image: string, command = "RUN --network=none"): void {
  const program = `fn main() { print!("from {}", env!("RUSTC_VERSION")) }`;
  writeFileSync(join(context, "main.rs"), program);
  writeFileSync(
    join(context, "Dockerfile"),
    `FROM ${image} AS build
COPY main.rs /main.rs
${command} test "$(grep -c : /proc/net/dev)" = 1 && \\
  RUSTC_VERSION=$RUST_VERSION rustc -o /main /main.rs && mkdir /out && /main >/out/said
FROM scratch
COPY --from=build /out /
`,
  );
}

async function said(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const PATH = [env["PATH"], process.env["PATH"]].filter(Boolean).join(":");
  const ended = await run(argv, { cwd: context, env: { HOME: context, ...env, PATH } });
  expect(ended.stderr, ended.stdout).toSatisfy(() => ended.status === 0);
  return readFileSync(join(context, "out", "said"), "utf8");
}

describeWithEngines(["docker", "ssh"], "a docker engine builds", ({ docker, ssh, image, registry }) => {
  const build = [docker.program, "buildx", "build", "--output", "out", "."];

  test.each([
    ["on its socket", { DOCKER_HOST: docker.host }],
    [
      "by TCP with TLS",
      {
        DOCKER_HOST: docker.tcp,
        DOCKER_TLS_VERIFY: "1",
        DOCKER_CERT_PATH: docker.certificateDirectory,
      },
    ],
    ["on another machine, through ssh", { DOCKER_HOST: ssh.host, PATH: ssh.bin }],
  ] as [string, Record<string, string>][])("%s", async (_, env) => {
    for (const name of [image.name, image.reference]) {
      writeDockerfile(name);
      expect(await said(build, env)).toBe(`from ${image.rustc}`);
    }
    expect(image.reference.startsWith(registry.host)).toBe(true);
  });

  test("that is not the same on another machine", async () => {
    const name = async (env: Record<string, string>) =>
      (await run([docker.program, "info", "--format", "{{.Name}}"], { cwd: context, env })).stdout.trim();
    const { PATH = "" } = process.env;
    expect(await name({ DOCKER_HOST: ssh.host, PATH: `${ssh.bin}:${PATH}` })).toBe(ssh.name);
    expect(await name({ DOCKER_HOST: docker.host, PATH })).not.toBe(ssh.name);
  });
});

describeWithEngines(["buildkit"], "BuildKit's daemon builds", ({ buildkit, image }) => {
  const build = [
    ...["build", "--frontend", "dockerfile.v0", "--local", "context=.", "--local", "dockerfile=."],
    ...["--output", "type=local,dest=out"],
  ];

  test("on its socket, and by TCP for clients that show a certificate", async () => {
    writeDockerfile(image.reference);
    const { ca, certificate, key } = buildkit.certificates;
    const tls = ["--tlscacert", ca, "--tlscert", certificate, "--tlskey", key];
    expect(await said([buildkit.program, "--addr", buildkit.host, ...build], {})).toBe(`from ${image.rustc}`);
    expect(await said([buildkit.program, "--addr", buildkit.tcp, ...tls, ...build], {})).toBe(
      `from ${image.rustc}`,
    );
    const stranger = [buildkit.program, "--addr", buildkit.tcp, "--tlscacert", ca, "debug", "info"];
    expect((await run(stranger, { cwd: context, env: {} })).status).not.toBe(0);
  });

  test("of its own for a test, which survives a kill and has a disk that fills up", async () => {
    const own = await startOwnBuildkit();
    try {
      const info = [buildkit.program, "--addr", own.host, "debug", "info"];
      const answers = async () => (await run(info, { cwd: context, env: {} })).status === 0;
      expect(await answers()).toBe(true);
      await own.kill();
      expect(await answers()).toBe(false);
      await own.start();
      expect(await answers()).toBe(true);
    } finally {
      await own.close();
    }
    const small = await startOwnBuildkit({ diskBytes: 200_000_000 });
    try {
      writeDockerfile(image.reference);
      const ended = await run([buildkit.program, "--addr", small.host, ...build], { cwd: context, env: {} });
      expect(ended.status).not.toBe(0);
      expect(ended.stderr).toContain("no space left on device");
    } finally {
      await small.close();
    }
  });
});

describeWithEngines(["podman"], "podman builds", ({ podman, image }) => {
  // 4.3 knows no `RUN --network`.
  const build = ["build", "--network=none", "--output", "out", "."];

  test("with the network of all steps off", async () => {
    for (const name of [image.name, image.reference]) {
      writeDockerfile(name, "RUN");
      expect(await said([podman.program, ...build], {})).toBe(`from ${image.rustc}`);
    }
  });

  test("as an ordinary user", async () => {
    const run = [podman.asUser, "sh", "-c", 'test "$(id -u)" != 0 && exec podman "$@"', "sh", ...build];
    writeDockerfile(image.reference, "RUN");
    chmodSync(context, 0o777);
    expect(await said(run, {})).toBe(`from ${image.rustc}`);
  });
});
