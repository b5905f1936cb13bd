// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Isolation } from "../../src/broker/isolation.ts";
import type { Machine } from "../../src/broker/machine.ts";
import type { ChildCommand, ChildResult } from "../../src/broker/protocol.ts";
import { scriptExecutable } from "../../src/broker/script-executable.ts";
import { liveUncached } from "../../src/broker/uncached-life.ts";
import type { SandboxMode } from "../../src/config/config.ts";
import type { UnitIdentity } from "../../src/unit/record.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

const EMPTY = Buffer.alloc(0);

/** Compiles something that is not cached; the compiler writes its executable and ends with `code`. */
async function compile(kind: UnitIdentity["kind"], mode: SandboxMode, { code = 0, standIn = "shim" } = {}) {
  const directory = temporaryDirectory();
  const shim = join(directory, standIn);
  if (standIn === "shim") writeFileSync(shim, "the shim");
  const out = join(directory, "target/debug/build/app-0123456789abcdef");
  mkdirSync(out, { recursive: true });
  const executable = join(out, "build_script_build-0123456789abcdef");
  const commands: ChildCommand[] = [];
  const run = async (command: ChildCommand): Promise<ChildResult> => {
    commands.push(command);
    writeFileSync(executable, "the script");
    return { exit: { how: "exited", code }, complete: true, stdout: EMPTY, stderr: EMPTY };
  };
  const none = () => [];
  const machine = {
    toolchain: async () => ({ sysroot: "/rust" }),
    toolFiles: none,
    rustFiles: none,
    workspaceOf: async () => undefined,
    packageContext: async () => ({
      files: { exists: () => false, readText: async () => undefined },
      lockfile: undefined,
    }),
  };
  const argv = ["rustc", "--crate-name", "build_script_build", "--emit=dep-info,link", "--out-dir", out];
  const request = {
    role: "rustc",
    cwd: directory,
    argv: [...argv, "-C", "extra-filename=-0123456789abcdef", "-C", "incremental=inc", "build.rs"],
    env: new Map([
      ["CARGO_MANIFEST_DIR", directory],
      ["CARGO_PKG_NAME", "app"],
      ["CARGO_PKG_VERSION", "1.0.0"],
    ]),
  } as const;
  const runner = new Isolation({
    config: { sandbox: mode, withNetwork: [], setEnvs: [] },
    backend: async () => ({ kind: "native", program: "/shim" }),
    ambient: undefined,
    notices: { say: () => {}, settle: () => {} },
  });
  const identity = { kind } as UnitIdentity;
  const services = {
    machine: machine as unknown as Machine,
    runner,
    shim,
    enforced: mode === "enforce",
  };
  const answer = await liveUncached(request, identity, services, {
    run,
    signal: new AbortController().signal,
  });
  const text = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
  return { answer, commands, starts: text(executable), real: text(`${executable}.green-real`) };
}

test("what is not cached is the compiler's own affair, and in the sandbox where that is demanded", async () => {
  expect(await compile("lib", "prefer")).toMatchObject({ answer: { kind: "exec" }, commands: [] });
  const { answer, commands } = await compile("lib", "enforce");
  expect(answer).toMatchObject({ kind: "finish", code: 0 });
  expect(commands[0]?.argv).toContain("--green-sandbox");
});

test.each(["prefer", "enforce", "off"] as const)(
  "a build script gets its stand-in under %s",
  async (mode) => {
    const { starts, real } = await compile("build-script", mode);
    expect([starts, real]).toEqual(["the shim", "the script"]);
  },
);

test("one that does not compile, and one that cannot be stood in for, stay as they are", async () => {
  expect(await compile("build-script", "prefer", { code: 1 })).toMatchObject({
    answer: { kind: "finish", code: 1 },
    starts: "the script",
  });
  const missing = { standIn: "missing" };
  expect(await compile("build-script", "prefer", missing)).toMatchObject({
    answer: { kind: "finish", code: 0 },
    starts: "the script",
  });
  const { answer } = await compile("build-script", "enforce", missing);
  expect(answer).toMatchObject({ kind: "finish", code: 1 });
});

test("a build script's executable is found by Cargo's arguments", () => {
  const argv = ["--crate-name", "build_script_main", "--emit=dep-info,link", "--out-dir", "out"];
  expect(scriptExecutable(argv, "/app")).toBe("/app/out/build_script_main");
  expect(scriptExecutable([...argv, "-Cextra-filename=-12"], "/app")).toBe("/app/out/build_script_main-12");
  expect(scriptExecutable(["--crate-name=x", "--emit=metadata", "--out-dir=out"], "/app")).toBeUndefined();
  expect(scriptExecutable(["--crate-name", "x"], "/app")).toBeUndefined();
});
