// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { nodeFiles } from "../../src/cargo/files.ts";
import type { Memo } from "../../src/cargo/memo.ts";
import { type Runner, runProgram } from "../../src/cargo/run-program.ts";
import { linkerIdentity, systemIdentity } from "../../src/cargo/system.ts";
import { rustcIdentity } from "../../src/cargo/toolchain.ts";

const directory = mkdtempSync(join(tmpdir(), "green-system-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** The real machine, with a count of the programs started and the files digested. */
function machine(path = process.env["PATH"] ?? "") {
  const started: string[] = [];
  const digested: string[] = [];
  const memory = new Map<string, string>();
  const run: Runner = (program, args, env) => {
    started.push([program, ...args].join(" "));
    return runProgram(program, args, env);
  };
  const memo: Memo = {
    get: (key) => memory.get(key),
    set: (key, value) => memory.set(key, value),
    digestFile: async (file) => {
      digested.push(file);
      return createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
    },
  };
  const home = process.env["HOME"] ?? "";
  const env = new Map([
    ["PATH", path],
    ["HOME", home],
  ]);
  return { context: { files: nodeFiles(), run, memo, env }, started, digested };
}

function program(name: string, script: string): string {
  const path = join(directory, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("linkerIdentity", () => {
  it("is none, and nothing is remembered, where the driver is kept from answering", async () => {
    const { context } = machine();
    const cut: Runner = async (...call) => {
      const { stdout } = await context.run(...call);
      return { code: undefined, stdout: stdout.slice(0, stdout.indexOf("\0") + 1) };
    };
    await expect(linkerIdentity({ ...context, run: cut })).rejects.toThrow("does not say");
    expect(await linkerIdentity(context)).toBe(await linkerIdentity(machine().context));
  });

  it("covers the C library, start files and the real linker, and asks the driver once", async () => {
    const { context, started, digested } = machine();
    const identity = await linkerIdentity(context);
    expect(identity).toMatch(/^[0-9a-f]{64}$/);
    for (const member of [/crt1\.o$/, /libc\.so\.6$|libc-.*\.so$/, /ld(\.bfd)?$/, /libgcc\.a$/]) {
      expect(digested.some((file) => member.test(file))).toBe(true);
    }
    const before = started.length;
    expect(await linkerIdentity(context)).toBe(identity);
    expect(started).toHaveLength(before);
  });

  it("changes with the linker that the driver names, and with the choice of another", async () => {
    const { context } = machine();
    const one = program("one/ld", "exit 1");
    const driver = program(
      "cc",
      `[ "$1" = -print-prog-name=ld ] && echo ${one}; [ "$1" = -fuse-ld=x ] && echo /bin/sh; exit 0`,
    );
    const first = await linkerIdentity(context, driver);
    program("one/ld", "exit 2");
    const second = await linkerIdentity(context, driver);
    expect(new Set([first, second, await linkerIdentity(context, driver, ["-fuse-ld=x"])]).size).toBe(3);
    expect(await linkerIdentity(context, "no-such-linker")).toBe("none");
  });
});

describe("systemIdentity", () => {
  it("changes when a package is installed", async () => {
    const { context } = machine();
    const root = join(directory, "root");
    mkdirSync(join(root, "var/lib/dpkg"), { recursive: true });
    writeFileSync(join(root, "var/lib/dpkg/status"), "Package: a\n");
    const before = await systemIdentity(context, root);
    expect(await systemIdentity(context, root)).toBe(before);
    writeFileSync(join(root, "var/lib/dpkg/status"), "Package: a\nPackage: b\n");
    expect(await systemIdentity(context, root)).not.toBe(before);
  });
});

describe("rustcIdentity", () => {
  it("knows the real compiler", async () => {
    const { context, started } = machine();
    const sysroot = (await runProgram("rustc", ["--print", "sysroot"], context.env)).stdout.trim();
    const rustc = join(sysroot, "bin/rustc");
    const identity = await rustcIdentity(rustc, context);
    expect(identity).toMatchObject({
      sysroot,
      release: expect.stringMatching(/^1\.\d+\.\d+/),
      host: expect.stringContaining("-"),
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(await rustcIdentity(rustc, context)).toEqual(identity);
    expect(started).toHaveLength(2);
  });

  const VERSION = "echo 'rustc 1.0.0'; echo 'release: 1.0.0'; echo 'host: h-h-h'";

  it("asks a rustup proxy each time, as its answer depends on where it is asked", async () => {
    const { context, started } = machine(`${directory}/proxy`);
    program("proxy/rustup", VERSION);
    const proxy = program("proxy/rustc", VERSION);
    rmSync(proxy);
    const { linkSync } = await import("node:fs");
    linkSync(join(directory, "proxy/rustup"), proxy);
    await rustcIdentity("rustc", context);
    await rustcIdentity("rustc", context);
    expect(started).toHaveLength(4);
  });

  it("tells compilers of one version apart by their bytes if no commit pins them", async () => {
    const { context } = machine();
    const rustc = program("stage1/bin/rustc", VERSION);
    mkdirSync(join(directory, "stage1/lib"));
    const library = join(directory, "stage1/lib/librustc_driver-1.so");
    writeFileSync(library, "one");
    const one = await rustcIdentity(rustc, context);
    writeFileSync(library, "two!");
    const two = await rustcIdentity(rustc, context);
    expect(one?.commit).toBe("unknown");
    expect(one?.text).not.toBe(two?.text);
    expect(await rustcIdentity("no-such-rustc", context)).toBeUndefined();
  });
});
