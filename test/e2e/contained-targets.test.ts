// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { describeWithEngines } from "../support/engines.ts";
import { manifest } from "../support/projects.ts";
import { Sandbox } from "../support/sandbox.ts";

const WASM = "wasm32-unknown-unknown";
const sysroot = execFileSync("rustc", ["--print", "sysroot"], { encoding: "utf8" }).trim();
const [, host = ""] = /^host: (.+)$/m.exec(execFileSync("rustc", ["-vV"], { encoding: "utf8" })) ?? [];
const [, release = ""] = /^release: (.+)$/m.exec(execFileSync("rustc", ["-vV"], { encoding: "utf8" })) ?? [];
/** A standard library for the local rustc, which has it with `rustup target add`; or where else it is. */
const WASM_STD = process.env["GREEN_E2E_WASM32_STD"] ?? join(sysroot, "lib", "rustlib", WASM);

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
    println!("cargo::rustc-env=TOLD={} {} {} {}", read("TARGET"), made.trim(), read("SHOWN"), read("GIVEN"));
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

  it.skipIf(!existsSync(WASM_STD))(`is compiled for if it has: ${WASM}`, async () => {
    const sandbox = sandboxOf({});
    const context = join(sandbox.root, "image");
    mkdirSync(context);
    cpSync(WASM_STD, join(context, WASM), { recursive: true });
    const toolchain = `/usr/local/rustup/toolchains/${release}-${host}`;
    const lines = [`FROM ${image.reference}`, `COPY ${WASM} ${toolchain}/lib/rustlib/${WASM}`];
    writeFileSync(join(context, "Dockerfile"), `${lines.join("\n")}\n`);
    const tag = "cargo-green-test/wasm:1";
    await sandbox.run([docker.program, "build", "--tag", tag, context], { in: sandbox.root });
    const project = telling(sandbox);
    const env = { CARGOGREEN_BASE_IMAGE: tag };
    const built = await sandbox.green(["build", "--lib", "--target", WASM], { in: project, env });
    expect([built.compiled, built.summary?.built]).toEqual([[], 3]);
    const library = join(project, "target", WASM, "debug", "libapp.rlib");
    expect(readFileSync(library).includes(`${WASM} nothing nothing nothing`)).toBe(true);
    expect(readFileSync(library).includes("\0asm")).toBe(true);
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
