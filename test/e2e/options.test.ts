// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFiles } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { WORKSPACE_LINE, workspace } from "../support/projects.ts";
import { type CargoOptions, onlyGreen, Sandbox } from "../support/sandbox.ts";

const HOST = "x86_64-unknown-linux-gnu";

describe("cargo's options, through cargo green", () => {
  let sandbox: Sandbox;
  let original: string;
  let checkouts = 0;

  beforeAll(async () => {
    sandbox = new Sandbox();
    original = workspace(sandbox, "original");
    await sandbox.green(["build"], { in: original });
  });
  afterAll(() => sandbox.dispose());

  const checkout = () => sandbox.checkout(original, `checkout-${++checkouts}`);

  /** A checkout below a directory with a configuration for cargo: a file in the package could be a proc-macro's. */
  function configured(config: string): string {
    const parent = `configured-${++checkouts}`;
    writeFiles(sandbox.path(parent), { ".cargo/config.toml": config });
    return sandbox.checkout(original, `${parent}/checkout`);
  }

  /** Builds, restoring everything; runs the program from where it should be; and plain cargo agrees. */
  async function expectRestoredAt(executable: string, args: readonly string[], options: CargoOptions) {
    const build = await sandbox.green(["build", ...args], options);
    expect(await sandbox.run([executable], { in: sandbox.root })).toBe(`${WORKSPACE_LINE}\n`);
    onlyGreen(() => expect(build.compiled).toEqual([]));
    await expectPlainFresh(sandbox, ["build", ...args], options);
  }

  it("takes --manifest-path from another directory", async () => {
    const project = checkout();
    const args = ["--manifest-path", join(project, "Cargo.toml")];
    await expectRestoredAt(join(project, "target/debug/app"), args, { in: sandbox.home });
  });

  it("works from a subdirectory of the workspace", async () => {
    const project = checkout();
    await expectRestoredAt(join(project, "target/debug/app"), ["--workspace"], { in: join(project, "src") });
  });

  it("takes --target-dir, with CARGO_TARGET_DIR and build.target-dir set otherwise", async () => {
    const project = checkout();
    const options = { in: project, env: { CARGO_TARGET_DIR: "not-here" } };
    await expectRestoredAt(join(project, "there/debug/app"), ["--target-dir", "there"], options);
    expect(existsSync(join(project, "not-here"))).toBe(false);
  });

  it("takes CARGO_TARGET_DIR, relative to where it was started", async () => {
    const project = checkout();
    const options = { in: join(project, "src"), env: { CARGO_TARGET_DIR: "../by-env" } };
    await expectRestoredAt(join(project, "by-env/debug/app"), [], options);
    expect(existsSync(join(project, "target"))).toBe(false);
  });

  it("takes build.target-dir from a configuration file", async () => {
    const project = configured(`[build]\ntarget-dir = "by-config"\n`);
    await expectRestoredAt(join(project, "../by-config/debug/app"), [], { in: project });
    expect(existsSync(join(project, "target"))).toBe(false);
  });

  it("takes --config, which wins over ours only where it says something else", async () => {
    const project = checkout();
    const args = ["--config", `build.target-dir="by-option"`];
    await expectRestoredAt(join(project, "by-option/debug/app"), args, { in: project });
  });

  it("shares a target directory between two checkouts", async () => {
    const shared = sandbox.path("shared-target");
    const env = { CARGO_TARGET_DIR: shared };
    await expectRestoredAt(join(shared, "debug/app"), [], { in: checkout(), env });
    const build = await sandbox.green(["build"], { in: checkout(), env });
    onlyGreen(() => expect(build.compiled).toEqual([]));
    expect(await sandbox.run([join(shared, "debug/app")], { in: sandbox.root })).toBe(`${WORKSPACE_LINE}\n`);
  });

  it("keeps profiles apart, custom ones too", async () => {
    const profiles = `[profile.small]\ninherits = "release"\nopt-level = "s"\n`;
    const project = configured(profiles);
    const release = await sandbox.green(["build", "--release"], { in: project });
    expect(release.compiled).toContain("app");
    const small = await sandbox.green(["build", "--profile", "small"], { in: project });
    expect(small.compiled).toContain("leaf");
    const again = configured(profiles);
    await expectRestoredAt(join(again, "target/release/app"), ["--release"], { in: again });
    await expectRestoredAt(join(again, "target/small/app"), ["--profile", "small"], { in: again });
  });

  it("takes --target for the host's own triple", async () => {
    const project = checkout();
    await sandbox.green(["build", "--target", HOST], { in: project });
    expect(existsSync(join(project, `target/${HOST}/debug/app`))).toBe(true);
    const again = checkout();
    await expectRestoredAt(join(again, `target/${HOST}/debug/app`), ["--target", HOST], { in: again });
  });

  it("keeps two compilers apart, and takes +toolchain before and after `green`", async () => {
    const project = checkout();
    const nightly = await sandbox.green(["build"], { in: project, toolchain: "+nightly" });
    expect(nightly.compiled).toContain("leaf");
    const again = checkout();
    await expectRestoredAt(join(again, "target/debug/app"), [], { in: again, toolchain: "+nightly" });
    const after = checkout();
    const build = await sandbox.green(["+nightly", "build"], { in: after });
    onlyGreen(() => expect(build.compiled).toEqual([]));
    await expectPlainFresh(sandbox, ["build"], { in: after, toolchain: "+nightly" });
  });

  it("goes back and forth between two compilers in one target directory", async () => {
    const project = checkout();
    for (const toolchain of ["+stable", "+nightly", "+stable"]) {
      const build = await sandbox.green(["build"], { in: project, toolchain });
      onlyGreen(() => expect(build.compiled).toEqual([]));
      expect(await sandbox.run([join(project, "target/debug/app")], { in: project })).toBe(
        `${WORKSPACE_LINE}\n`,
      );
    }
  });

  it.for([
    ["-Z build-dir", ["-Z", "build-dir", "--config", `build.build-dir="intermediate"`]],
    ["build.build-dir and the new layout", ["-Zbuild-dir-new-layout", "--config", `build.build-dir="new"`]],
    ["the new layout", ["-Zbuild-dir-new-layout"]],
  ] as const)("works with %s of a nightly cargo", async ([, args]) => {
    const project = checkout();
    const options = { in: project, toolchain: "+nightly" };
    await sandbox.green(["build", ...args], { ...options, in: checkout() }); // file names differ by layout
    await expectRestoredAt(join(project, "target/debug/app"), args, options);
  });

  it("works in a path with blanks, quotes and non-ASCII letters, and from there to another", async () => {
    const odd = sandbox.checkout(original, `with blanks, 'quotes' and ünïcode`);
    await expectRestoredAt(join(odd, "target/debug/app"), [], { in: odd });
    const env = { RUSTFLAGS: "--cfg first_built_in_the_odd_place" };
    await sandbox.green(["build"], { in: odd, env });
    const plain = checkout();
    renameSync(odd, sandbox.path("no longer there"));
    await expectRestoredAt(join(plain, "target/debug/app"), [], { in: plain, env });
  });

  it("builds --all-targets, --examples and single packages as cargo does", async () => {
    const project = checkout();
    writeFiles(project, { "examples/ex.rs": `fn main() { println!("example {}", leaf::leaf()); }\n` });
    await sandbox.green(["build", "--all-targets", "--workspace"], { in: project });
    expect(await sandbox.run(["target/debug/examples/ex"], { in: project })).toBe("example leaf\n");
    await expectPlainFresh(sandbox, ["build", "--all-targets", "--workspace"], { in: project });
    const again = sandbox.checkout(project, "all-targets-again");
    const build = await sandbox.green(["build", "--all-targets", "--workspace"], { in: again });
    onlyGreen(() => expect(build.compiled).toEqual([]));
    const single = checkout();
    await sandbox.green(["build", "-p", "core_lib"], { in: single });
    expect(existsSync(join(single, "target/debug/app"))).toBe(false);
    expect(existsSync(join(single, "target/debug/libcore_lib.rlib"))).toBe(true);
  });

  it("prints nothing with --quiet", async () => {
    const build = await sandbox.green(["build", "--quiet"], { in: checkout() });
    expect(build.stderr).toBe("");
    expect(build.stdout).toBe("");
  });

  it("leaves the network alone with --offline and --locked, and fails as cargo does when the lock is stale", async () => {
    const project = checkout();
    await expectRestoredAt(join(project, "target/debug/app"), ["--offline", "--locked"], { in: project });
    writeFiles(project, {
      "Cargo.toml": `[workspace]\n\n[package]\nname = "other"\nversion = "1.0.0"\nedition = "2021"\n`,
    });
    const plain = await sandbox.cargo(["build", "--locked"], { in: project, expect: 101 });
    const green = await sandbox.green(["build", "--locked"], { in: project, expect: 101 });
    expect(green.stderr).toBe(plain.stderr);
  });
});
