// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ContainedSandbox } from "../support/containers/contained.ts";
import { containedBuilds } from "../support/containers/contained-builds.ts";
import { describeWithEngines } from "../support/engines.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { dependsOn, manifest, WORKSPACE_LINE, WORKSPACE_UNITS, workspace } from "../support/projects.ts";
import { Sandbox } from "../support/sandbox.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** A sandbox whose `cargo green` builds in containers of this image. */
function sandboxWith(image: string): Sandbox {
  const env = { CARGOGREEN_RUNNER: "buildkit", CARGOGREEN_BASE_IMAGE: image };
  const sandbox = new Sandbox({ env });
  onTestFinished(() => sandbox.dispose());
  return sandbox;
}

interface Way {
  readonly image: string;
  /** What leads to the builder; PATH is before the sandbox's own. */
  readonly builder: Variables;
  /** What leads nowhere. */
  readonly nobody: Variables;
}

/** Builds cold by a builder; then in another checkout, where there is none; then by plain cargo. */
async function buildsBy({ image, builder, nobody }: Way): Promise<void> {
  const sandbox = sandboxWith(image);
  const { PATH: program, ...variables } = builder;
  const own = sandbox.env()["PATH"];
  const env = { ...variables, PATH: program === undefined ? own : `${program}:${own}` };
  const first = workspace(sandbox, "first");
  const cold = await sandbox.green(["build"], { in: first, env });
  expect([cold.compiled, cold.summary?.built]).toEqual([[], WORKSPACE_UNITS]);
  const says = (project: string) => sandbox.run([join(project, "target/debug/app")], { in: project });
  expect(await says(first)).toBe(`${WORKSPACE_LINE}\n`);
  const second = sandbox.checkout(first, "second");
  const warm = await sandbox.green(["build"], { in: second, env: { ...variables, ...nobody } });
  expect([warm.compiled, warm.summary?.built]).toEqual([[], 0]);
  expect(await says(second)).toBe(`${WORKSPACE_LINE}\n`);
  await expectPlainFresh(sandbox, ["build"], { in: second });
}

describeWithEngines(["buildkit"], "on a buildkitd", ({ buildkit, image }) => {
  const nobody = { BUILDKIT_HOST: "unix:///nobody/listens.sock" };
  const { ca, certificate, key } = buildkit.certificates;
  const settings = ["ca", "cert", "key"].map(
    (name, at) => `${name} = ${JSON.stringify([ca, certificate, key][at])}`,
  );

  it("builds, restores without it, and leaves plain cargo nothing to do", () =>
    buildsBy({ image: image.reference, builder: { BUILDKIT_HOST: buildkit.host }, nobody }));

  it("builds by TCP with certificates of the settings", async () => {
    const sandbox = sandboxWith(image.reference);
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "src/main.rs": 'fn main() { print!("ran"); }\n',
      ".cargo/green.toml": `builder = "far"\n[builders.far]\nurl = "${buildkit.tcp}"\n${settings.join("\n")}\n`,
    });
    const built = await sandbox.green(["run"], { in: project });
    expect([built.stdout, built.compiled, built.summary?.built]).toEqual(["ran", [], 1]);
  });

  it("fails in a clear line where nobody listens, and with `auto` compiles here", async () => {
    const sandbox = sandboxWith(image.reference);
    const project = workspace(sandbox, "project");
    const failed = await sandbox.green(["build"], { in: project, env: nobody, expect: 101 });
    expect(failed.stderr).toMatch(/error: .*\/nobody\/listens\.sock/);
    expect(failed.compiled).toEqual([]);
    const auto = { ...nobody, CARGOGREEN_RUNNER: "auto" };
    const built = await sandbox.green(["build"], { in: project, env: auto });
    expect(built.stderr).toContain("compiles on this host: ");
    expect(built.compiled).not.toEqual([]);
    const again = await sandbox.green(["build"], { in: sandbox.checkout(project, "again"), env: auto });
    expect([again.compiled, again.stderr.includes("compiles on this host")]).toEqual([[], false]);
  });

  it("says which compilers there are where they are two", async () => {
    const sandbox = sandboxWith(image.reference);
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "src/main.rs": "fn main() {}\n",
    });
    const env = { BUILDKIT_HOST: buildkit.host, RUSTUP_TOOLCHAIN: "nightly", RUSTC: undefined };
    const failed = await sandbox.green(["build"], { in: project, env, expect: 101 });
    expect(failed.stderr).toMatch(
      /The base image has rustc 1\.\d+\.\d+ .*, but this machine has rustc 1\.\d+\.\d+-nightly/,
    );
    expect(failed.stderr).toMatch(
      /help: set `base-image` to an image with rustc .*, or use that of the image here/,
    );
  });

  it("runs the units of a plain cargo with our wrapper", async () => {
    const sandbox = sandboxWith(image.reference);
    const project = workspace(sandbox, "project");
    const [wrapper = ""] = (
      await sandbox.run(["cargo", "green", "env", "RUSTC_WRAPPER"], { in: project })
    ).split("\n");
    const env = { RUSTC_WRAPPER: wrapper, BUILDKIT_HOST: buildkit.host };
    const built = await sandbox.cargo(["build"], { in: project, env });
    expect(built.compiled).toEqual([]);
    expect(await sandbox.run([join(project, "target/debug/app")], { in: project })).toBe(
      `${WORKSPACE_LINE}\n`,
    );
    await expectPlainFresh(sandbox, ["build"], { in: project });
  });

  it("adds to the image what lines of a Containerfile add, and tells what one without lacks", async () => {
    const sandbox = sandboxWith(image.reference);
    sandbox.publish({
      "Cargo.toml": manifest("tool", `build = "build.rs"\n`).replace("\n\nbuild", "\nbuild"),
      "build.rs": `fn main() {
    let told = std::process::Command::new("sh").args(["-c", "frobnicate"]).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    println!("cargo::rustc-env=TOLD={}", String::from_utf8(told.stdout).unwrap().trim());
}
`,
      "src/lib.rs": 'pub const TOLD: &str = env!("TOLD");\n',
    });
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app", dependsOn("tool")),
      "src/main.rs": 'fn main() { print!("{}", tool::TOLD); }\n',
    });
    const env = { BUILDKIT_HOST: buildkit.host };
    const failed = await sandbox.green(["build"], { in: project, env, expect: 101 });
    expect(failed.stderr).toContain(
      "tool 1.0.0 (build script run) failed in a container; the base image has no frobnicate",
    );
    const inline =
      "RUN printf '#!/bin/sh\\necho frobnicated' >/usr/bin/frobnicate && chmod +x /usr/bin/frobnicate";
    const built = await sandbox.green(["run"], {
      in: project,
      env: { ...env, CARGOGREEN_BASE_IMAGE_INLINE: inline },
    });
    expect(built.stdout).toBe("frobnicated");
  });

  containedBuilds(
    () =>
      new ContainedSandbox({
        env: { GREEN_TEST_BUILDKIT: buildkit.host, GREEN_TEST_IMAGE: image.reference },
      }),
  );
});

describeWithEngines(["docker"], "on a docker engine", ({ docker, image: { reference: image } }) => {
  const nobody = { DOCKER_HOST: "unix:///nobody/listens.sock" };

  it("builds on its socket", () => buildsBy({ image, builder: { DOCKER_HOST: docker.host }, nobody }));

  it("builds by TCP with TLS", () => {
    const certificates = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: docker.certificateDirectory };
    return buildsBy({ image, builder: { DOCKER_HOST: docker.tcp, ...certificates }, nobody });
  });
});

describeWithEngines(["docker", "buildkit"], "on two builders", ({ docker, buildkit, image }) => {
  it("what a base is made of is what its builder found: results of one are not those of the other", async () => {
    const sandbox = sandboxWith(image.reference);
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=MADE={}", std::fs::read_to_string("/usr/share/made").unwrap().trim());
}
`,
      "src/main.rs": 'fn main() { print!("{}", env!("MADE")); }\n',
    });
    const inline = "RUN cat /proc/sys/kernel/random/uuid >/usr/share/made";
    const by = async (builder: Variables, checkout: string) => {
      const env = { ...builder, CARGOGREEN_BASE_IMAGE_INLINE: inline };
      const run = await sandbox.green(["run"], { in: sandbox.checkout(project, checkout), env });
      return { made: run.stdout, built: run.summary?.built };
    };
    const first = await by({ DOCKER_HOST: docker.host }, "first");
    const second = await by({ BUILDKIT_HOST: buildkit.host }, "second");
    expect(second.made).not.toBe(first.made);
    const again = { ...first, built: 0 };
    expect(await by({ DOCKER_HOST: docker.host }, "third")).toEqual(again);
  });
});

describeWithEngines(["ssh"], "on another machine, through ssh", ({ ssh, image: { reference: image } }) => {
  it("builds", () => {
    const nobody = { DOCKER_HOST: "unix:///nobody/listens.sock" };
    return buildsBy({ image, builder: { DOCKER_HOST: ssh.host, PATH: ssh.bin }, nobody });
  });
});

describeWithEngines(["podman"], "with podman", ({ podman, image: { reference: image } }) => {
  it("builds", () => {
    const builder = { CARGOGREEN_RUNNER: "podman", PATH: dirname(podman.program) };
    return buildsBy({ image, builder, nobody: {} });
  });

  it("starts from an image that only podman has", async () => {
    const own = "localhost/cargo-green-test/own:1";
    const sandbox = sandboxWith(own);
    await sandbox.run([podman.program, "tag", image, own], { in: "/" });
    onTestFinished(async () => void (await sandbox.run([podman.program, "untag", own, own], { in: "/" })));
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "src/main.rs": 'fn main() { print!("ran"); }\n',
    });
    const PATH = `${dirname(podman.program)}:${sandbox.env()["PATH"]}`;
    const ran = await sandbox.green(["run"], { in: project, env: { CARGOGREEN_RUNNER: "podman", PATH } });
    expect([ran.stdout, ran.compiled, ran.summary?.built]).toEqual(["ran", [], 1]);
  });
});
