// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { findEngineProgram } from "../../hack/engine.d/directory.ts";
import { environmentWith, rootOf } from "../../hack/engine.d/environment.ts";
import { describeWithEngines } from "../support/engines.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { manifest } from "../support/projects.ts";
import { Sandbox } from "../support/sandbox.ts";

const WASM = "wasm32-unknown-unknown";
const [, host = ""] = /^host: (.+)$/m.exec(execFileSync("rustc", ["-vV"], { encoding: "utf8" })) ?? [];
const [, release = ""] = /^release: (.+)$/m.exec(execFileSync("rustc", ["-vV"], { encoding: "utf8" })) ?? [];
const DEBIAN_IMAGE = "cargo-green-test/debian-rust:1";
/** With `CI=true` what needs it is not skipped, but fails. */
const lacksDebianRustc =
  findEngineProgram("rustc", process.env) === undefined && process.env["CI"] !== "true";

/** The base image with Debian's packages, which are the build's context, in place of its toolchain. */
function debianOn(base: string): string {
  const libraries = host.replace("-unknown", "");
  return `FROM ${base}
RUN rm -r /usr/local/cargo /usr/local/rustup
COPY usr/bin/rustc /usr/bin/
COPY usr/lib/${libraries} /usr/lib/${libraries}
COPY usr/lib/rustlib/${host} /usr/lib/rustlib/${host}
COPY usr/lib/rustlib/${WASM} /usr/lib/rustlib/${WASM}
`;
}

describeWithEngines(["docker"], "another target in a container", ({ docker, image, registry }) => {
  function sandboxOf(env: Readonly<Record<string, string>>): Sandbox {
    const sandbox = new Sandbox({
      env: { CARGOGREEN_RUNNER: "buildkit", DOCKER_HOST: docker.host, ...env },
    });
    onTestFinished(() => sandbox.dispose());
    return sandbox;
  }

  /** With what the project is about, and what it was told while it was built. */
  function telling(sandbox: Sandbox): string {
    return sandbox.project("app", {
      "Cargo.toml": manifest("app", 'build = "build.rs"\n').replace("\n\nbuild", "\nbuild"),
      "build.rs": `fn main() {
    let read = |name: &str| std::env::var(name).unwrap_or("nothing".into());
    let made = std::fs::read_to_string("/made-before").unwrap_or("nothing".into());
    println!("cargo:rustc-env=TOLD={} {} {} {}", read("TARGET"), made.trim(), read("SHOWN"), read("GIVEN"));
}
`,
      "src/lib.rs": '#[no_mangle]\npub static TOLD: &str = env!("TOLD");\n',
      "src/main.rs": 'fn main() { print!("{}", app::TOLD); }\n',
    });
  }

  it("is refused in a line if the image has no standard library of it, and no rustup", async () => {
    const sandbox = sandboxOf({ CARGOGREEN_BASE_IMAGE: image.reference });
    const failed = await sandbox.green(["build", "--target", "wasm32-unknown-none"], {
      in: telling(sandbox),
      expect: 101,
    });
    expect(failed.stderr).toContain(
      "The base image has no standard library for wasm32-unknown-none, and no rustup to add it",
    );
    expect(failed.stderr).toContain("help: install it with `add.apt` or `base-image-inline`");
  });

  it.skipIf(lacksDebianRustc)(`is compiled for with what Debian has for it: ${WASM}`, async () => {
    const sandbox = sandboxOf({ CARGOGREEN_BASE_IMAGE: DEBIAN_IMAGE });
    const machine = { ...process.env, PATH: sandbox.env()["PATH"] };
    const { PATH, LD_LIBRARY_PATH } = environmentWith(["rustc"], machine);
    writeFileSync(sandbox.path("Dockerfile"), debianOn(image.reference));
    const output = `type=image,name=${DEBIAN_IMAGE},compression=zstd`;
    await sandbox.run(
      [docker.program, "build", "--output", output, "--file", "Dockerfile", rootOf("rustc", machine)],
      {
        in: sandbox.root,
      },
    );
    const options = { in: telling(sandbox), env: { PATH, LD_LIBRARY_PATH } };
    const args = ["build", "--lib", "--target", WASM];
    const built = await sandbox.green(args, options);
    expect(built.stderr).not.toContain("cannot compile its compiler wrapper");
    expect([built.compiled, built.summary?.built]).toEqual([[], 3]);
    const library = join(options.in, "target", WASM, "debug", "libapp.rlib");
    expect(readFileSync(library).includes(`${WASM} nothing nothing nothing`)).toBe(true);
    expect(readFileSync(library).includes("\0asm")).toBe(true);
    await expectPlainFresh(sandbox, args, options);
  });

  it("starts from what a Cross.toml says, unless a base image is set", async () => {
    // As a mirror has the official image.
    const official = `${registry.host}/library/rust:${release}-slim`;
    const sandbox = sandboxOf({ CARGOGREEN_REGISTRY_MIRRORS: registry.host, SHOWN: "shown" });
    await sandbox.run([docker.program, "tag", image.reference, official], { in: sandbox.root });
    await sandbox.run([docker.program, "push", "--quiet", official], { in: sandbox.root });
    const project = telling(sandbox);
    writeFileSync(
      join(project, "Cross.toml"),
      `[build.env]
passthrough = ["SHOWN", "GIVEN=given"]
[target.${host}]
image = "${image.reference}"
pre-build = ["echo made >/made-before"]
`,
    );
    const target = ["--target", host];
    const run = async (checkout: string, env: Readonly<Record<string, string>> = {}) =>
      (await sandbox.green(["run", ...target], { in: checkout, env })).stdout;
    const set = { CARGOGREEN_BASE_IMAGE: image.reference };
    expect(await run(project)).toBe(`${host} made shown given`);
    expect(await run(sandbox.checkout(project, "other"), set)).toBe(`${host} nothing shown given`);
  });
});
