// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { WORKSPACE_CRATES, WORKSPACE_LINE, WORKSPACE_UNITS, workspace } from "../support/projects.ts";
import { type Build, onlyGreen, REPLAYS, Sandbox } from "../support/sandbox.ts";
import { fromCache } from "../support/summary.ts";

describe("a build, and the same build in another checkout", () => {
  let sandbox: Sandbox;
  let first: string;
  let second: string;
  let cold: Build;
  let warm: Build;
  const output = (directory: string) =>
    sandbox.run([join(directory, "target/debug/app")], { in: sandbox.root });

  beforeAll(async () => {
    sandbox = new Sandbox();
    first = workspace(sandbox, "first");
    await sandbox.cargo(["generate-lockfile"], { in: first });
    second = sandbox.checkout(first, "elsewhere/second");
    cold = await sandbox.green(["build"], { in: first });
    warm = await sandbox.green(["build"], { in: second });
  });
  afterAll(() => sandbox.dispose());

  it("compiles everything once, as cargo does, and says so in one line", async () => {
    expect(await output(first)).toBe(`${WORKSPACE_LINE}\n`);
    expect(cold.compiled).toEqual(WORKSPACE_CRATES);
    onlyGreen(() =>
      expect(cold.summary).toEqual({
        units: WORKSPACE_UNITS,
        replayed: 0,
        restored: 0,
        built: WORKSPACE_UNITS,
        notCached: 0,
      }),
    );
  });

  it("restores everything in the other checkout without starting a compiler", async () => {
    expect(await output(second)).toBe(`${WORKSPACE_LINE}\n`);
    onlyGreen(() => {
      expect(warm.compiled).toEqual([]);
      expect(warm.summary).toMatchObject({ units: WORKSPACE_UNITS, built: 0 });
      expect(fromCache(warm)).toBe(WORKSPACE_UNITS);
      expect(warm.summary?.replayed).toBe(REPLAYS ? WORKSPACE_UNITS : 0);
    });
  });

  it("leaves nothing to do for plain cargo, in either checkout", async () => {
    await expectPlainFresh(sandbox, ["build"], { in: first });
    await expectPlainFresh(sandbox, ["build"], { in: second });
  });

  it("does nothing when there is nothing to do", async () => {
    const again = await sandbox.green(["build", "-v"], { in: second });
    expect(again.compiled).toEqual([]);
    expect(again.stderr).not.toMatch(/Compiling|Dirty|Running/);
  });

  it("finds Fresh what plain cargo built", async () => {
    const third = sandbox.checkout(first, "third");
    await sandbox.cargo(["build"], { in: third });
    const green = await sandbox.green(["build", "-v"], { in: third });
    expect(green.compiled).toEqual([]);
    expect(green.stderr).not.toMatch(/Compiling|Dirty/);
    expect(await output(third)).toBe(`${WORKSPACE_LINE}\n`);
  });

  it("restores over a CARGO_HOME at another path", async () => {
    const other = sandbox.checkout(first, "fourth");
    const cargoHome = sandbox.checkout(sandbox.cargoHome, "other-cargo-home");
    const build = await sandbox.green(["build"], { in: other, env: { CARGO_HOME: cargoHome } });
    expect(await output(other)).toBe(`${WORKSPACE_LINE}\n`);
    onlyGreen(() => expect(build.compiled).toEqual([]));
    await expectPlainFresh(sandbox, ["build"], { in: other, env: { CARGO_HOME: cargoHome } });
  });

  it("compiles what was edited, and nothing else", async () => {
    await edit(second, { "src/main.rs": `fn main() { println!("edited {}", leaf::leaf()); }\n` });
    const build = await sandbox.green(["build"], { in: second });
    expect(build.compiled).toEqual(["app"]);
    expect(await output(second)).toBe("edited leaf\n");
    expect(await output(first)).toBe(`${WORKSPACE_LINE}\n`);
    await expectPlainFresh(sandbox, ["build"], { in: second });
  });

  it("keeps the work of rustc's incremental compilation out of the cache, and in place", async () => {
    const third = sandbox.checkout(first, "incremental");
    const env = { CARGO_INCREMENTAL: undefined };
    const build = await sandbox.green(["build"], { in: third, env });
    onlyGreen(() => {
      expect(build.compiled).toEqual(["app", "core_lib"]);
      expect(build.summary).toMatchObject({ built: 0, notCached: 2 });
    });
    expect(readdirSync(join(third, "target/debug/incremental")).length).toBeGreaterThan(0);
    await expectPlainFresh(sandbox, ["build"], { in: third, env });
  });

  it("gives executables their permission to run, and libraries none", () => {
    expect(statSync(join(second, "target/debug/app")).mode & 0o111).toBe(0o111);
    const libraries = readdirSync(join(second, "target/debug/deps")).filter((name) => name.endsWith(".rlib"));
    expect(libraries.length).toBe(3);
    for (const name of libraries) {
      expect(statSync(join(second, "target/debug/deps", name)).mode & 0o111, name).toBe(0);
    }
  });

  it("writes to its store, and nothing into the project or the home", () => {
    onlyGreen(() => expect(existsSync(sandbox.store)).toBe(true));
    expect(readdirSync(second).sort()).toEqual(["Cargo.lock", "Cargo.toml", "core_lib", "src", "target"]);
    expect(readdirSync(sandbox.home)).toEqual([]);
  });
});
