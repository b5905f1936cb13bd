// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { until } from "../support/process.ts";
import { processesOf } from "../support/processes.ts";
import { manifest, WORKSPACE_CRATES, WORKSPACE_LINE, workspace } from "../support/projects.ts";
import { PLAIN, Sandbox } from "../support/sandbox.ts";

describe.skipIf(PLAIN)("the compiler wrapper", () => {
  let sandbox: Sandbox;
  let one: string;
  beforeEach(() => {
    sandbox = new Sandbox({ env: { CARGOGREEN_IDLE: "2s" } });
    one = workspace(sandbox, "one");
  });
  afterEach(() => {
    for (const { pid } of processesOf(sandbox.root)) process.kill(pid, "SIGKILL");
    sandbox.dispose();
  });

  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });
  const shim = async () =>
    (await sandbox.run(["cargo", "green", "env", "RUSTC_WRAPPER"], { in: one })).trim();

  /** A wrapper of somebody else, which notes what it is called for. */
  function otherWrapper(): { path: string; calls: () => number } {
    const path = sandbox.path("other-wrapper");
    const log = sandbox.path("other-wrapper.log");
    writeFileSync(path, `#!/bin/sh\necho "$*" >> ${log}\nexec "$@"\n`);
    chmodSync(path, 0o755);
    return { path, calls: () => (existsSync(log) ? readFileSync(log, "utf8").split("\n").length - 1 : 0) };
  }

  it("works without `cargo green`, starts a broker, and the broker ends when it is idle", async () => {
    const env = { RUSTC_WRAPPER: await shim() };
    const cold = await sandbox.cargo(["build"], { in: one, env });
    expect(cold.compiled).toEqual(WORKSPACE_CRATES);
    const two = sandbox.checkout(one, "two");
    const warm = await sandbox.cargo(["build"], { in: two, env });
    expect(warm.compiled).toEqual([]);
    expect(await runApp(two)).toBe(`${WORKSPACE_LINE}\n`);
    await until("the broker ended", () => processesOf(sandbox.root).length === 0, 15_000);
    const three = sandbox.checkout(one, "three");
    const green = await sandbox.green(["build"], { in: three });
    expect(green.compiled).toEqual([]);
    await expectPlainFresh(sandbox, ["build"], { in: three });
  });

  it("takes settings from each build, not from the one that started the broker", async () => {
    const env = { RUSTC_WRAPPER: await shim(), CARGOGREEN_IDLE: "20s" };
    await sandbox.cargo(["build"], { in: one, env });
    const other = { ...env, CARGOGREEN_CACHE_DIR: sandbox.path("other-store") };
    const two = sandbox.checkout(one, "two");
    const build = await sandbox.cargo(["build"], { in: two, env: other });
    expect(build.compiled).toEqual(WORKSPACE_CRATES);
    const three = sandbox.checkout(one, "three");
    const restored = await sandbox.cargo(["build"], { in: three, env: other });
    expect(restored.compiled).toEqual([]);
    const off = { ...env, CARGOGREEN_ENABLED: "0" };
    const four = sandbox.checkout(one, "four");
    expect((await sandbox.cargo(["build"], { in: four, env: off })).compiled).toEqual(WORKSPACE_CRATES);
  });

  it("keeps for `cache why` and `doctor` what it cannot tell anybody, and logs to a file", async () => {
    const wrapper = await shim();
    const app = sandbox.project("telling", {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    std::fs::read(std::env::var("HOME").unwrap() + "/greeting").unwrap();
}
`,
      "src/main.rs": "fn main() {}\n",
    });
    writeFileSync(join(sandbox.home, "greeting"), "hello");
    const env = { RUSTC: undefined, RUSTC_WRAPPER: wrapper };
    const notes = async (): Promise<readonly string[]> => {
      const why = await sandbox.cache(["why", "--json"], { in: app, expect: "any" });
      return why.status === 0 ? JSON.parse(why.stdout).build.notes : [];
    };
    const sandboxed = { ...env, CARGOGREEN_SANDBOX: "prefer", CARGOGREEN_LOG: "debug" };
    await sandbox.cargo(["build"], { in: app, env: sandboxed });
    await until("the build is over", async () => (await notes()).length > 0);
    expect(await notes()).toEqual([
      expect.stringContaining("app 1.0.0 (build script run) looked for a file"),
    ]);
    expect(readFileSync(join(sandbox.store, "broker.log"), "utf8")).toContain("app 1.0.0 (bin app) built");

    writeFileSync(join(app, "src/main.rs"), "fn main() { }\n");
    const wrong = { ...env, CARGOGREEN_SANDBOX: "sometimes" };
    await sandbox.cargo(["build"], { in: app, env: wrong });
    expect(await notes()).toEqual([expect.stringContaining('CARGOGREEN_SANDBOX is "sometimes"')]);
    const doctor = JSON.parse(await sandbox.run(["cargo", "green", "doctor", "--json"], { in: app }));
    expect(doctor.findings).toContainEqual(
      expect.objectContaining({
        check: "last-build",
        status: "warning",
        says: expect.stringContaining("sometimes"),
      }),
    );
  });

  it("takes the place of another wrapper, and says so and how to get back", async () => {
    const other = otherWrapper();
    const env = { RUSTC_WRAPPER: other.path };
    const build = await sandbox.green(["build"], { in: one, env });
    expect(other.calls()).toBe(0);
    expect(build.stderr).toContain(other.path);
    expect(build.stderr).toContain("RUSTC_WRAPPER");
    expect(await runApp(one)).toBe(`${WORKSPACE_LINE}\n`);
    writeFiles(sandbox.path("configured"), {
      ".cargo/config.toml": `[build]\nrustc-wrapper = "${other.path}"\n`,
    });
    const two = sandbox.checkout(one, "configured/two");
    const configured = await sandbox.green(["build"], { in: two });
    expect(configured.compiled).toEqual([]);
    expect(other.calls()).toBe(0);
    expect(configured.stderr).toContain(other.path);
    await sandbox.cargo(["build"], { in: sandbox.checkout(one, "three"), env });
    expect(other.calls()).toBeGreaterThan(0);
  });

  it("is not disturbed by itself: `cargo green` where RUSTC_WRAPPER is the shim already", async () => {
    const env = { RUSTC_WRAPPER: await shim() };
    await sandbox.green(["build"], { in: one, env });
    const two = sandbox.checkout(one, "two");
    const build = await sandbox.green(["build"], { in: two, env });
    expect(build.compiled).toEqual([]);
    expect(build.stderr).not.toContain("takes the place");
    expect(await runApp(two)).toBe(`${WORKSPACE_LINE}\n`);
  });

  it("runs below a workspace wrapper of the user's without harm", async () => {
    const other = otherWrapper();
    const env = { RUSTC_WORKSPACE_WRAPPER: other.path };
    for (const name of ["one", "two"]) {
      const project = name === "one" ? one : sandbox.checkout(one, name);
      await sandbox.green(["build"], { in: project, env });
      expect(await runApp(project)).toBe(`${WORKSPACE_LINE}\n`);
      await expectPlainFresh(sandbox, ["build"], { in: project, env });
    }
    expect(other.calls()).toBeGreaterThan(0);
  });

  it("is not seen by build scripts, which are Fresh for plain cargo even if they declare it", async () => {
    const project = sandbox.project("declares", {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-env-changed=RUSTC_WRAPPER");
    println!("cargo::rerun-if-env-changed=RUSTC");
}
`,
      "src/main.rs": "fn main() {}\n",
    });
    await sandbox.green(["build"], { in: project });
    await expectPlainFresh(sandbox, ["build"], { in: project });
    await sandbox.green(["build"], { in: project });
    await expectPlainFresh(sandbox, ["build"], { in: project });
  });

  it.for([
    ["cannot be made", (s: Sandbox) => ({ CARGOGREEN_CACHE_DIR: "/dev/null/no-such-place", HOME: s.home })],
    [
      "is a file",
      (s: Sandbox) => {
        writeFileSync(s.path("a-file"), "");
        return { CARGOGREEN_CACHE_DIR: s.path("a-file") };
      },
    ],
  ] as const)("lets cargo build as if we were not there when the store %s", async ([, settings]) => {
    const build = await sandbox.green(["build"], { in: one, env: settings(sandbox) });
    expect(build.compiled).toEqual(WORKSPACE_CRATES);
    expect(await runApp(one)).toBe(`${WORKSPACE_LINE}\n`);
    await expectPlainFresh(sandbox, ["build"], { in: one });
  });

  it("lets cargo build when the index is rubbish, and caches again after that", async () => {
    await sandbox.green(["build"], { in: one });
    writeFileSync(join(sandbox.store, "index.sqlite"), "rubbish ".repeat(1000));
    for (const suffix of ["-wal", "-shm"]) {
      rmSync(join(sandbox.store, `index.sqlite${suffix}`), { force: true });
    }
    const two = sandbox.checkout(one, "two");
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe(`${WORKSPACE_LINE}\n`);
    const three = sandbox.checkout(one, "three");
    expect((await sandbox.green(["build"], { in: three })).compiled).toEqual([]);
    expect(await runApp(three)).toBe(`${WORKSPACE_LINE}\n`);
  });

  it("goes on when RUSTC is not there, failing as cargo fails", async () => {
    const env = { RUSTC: "/no/such/rustc" };
    const plain = await sandbox.cargo(["build"], { in: one, env, expect: "any" });
    const green = await sandbox.green(["build"], { in: one, env, expect: plain.status });
    expect(green.stderr).toContain("/no/such/rustc");
  });
});
