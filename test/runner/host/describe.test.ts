// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sandboxCommand } from "../../../src/runner/host/command.ts";
import { describeSandbox, type SandboxFacts } from "../../../src/runner/host/describe.ts";
import type { SandboxMount } from "../../../src/runner/host/spec.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "describe-")));
  for (const name of ["package/src", "target/deps", "data"]) mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, "data/file"), "");
});
afterEach(() => rmSync(root, { recursive: true }));

const mountsOf = (facts: Partial<SandboxFacts>) => {
  const spec = describeSandbox({
    readOnly: [],
    readWrite: [],
    scratch: [],
    home: homedir(),
    network: false,
    cwd: root,
    ...facts,
  });
  return spec.mounts.filter(({ path }) => path.startsWith(`${root}/`) || path === homedir());
};

test("what is named is shown, parents first, and nothing twice", () => {
  const at = (path: string) => join(root, path);
  expect(
    mountsOf({
      readOnly: [at("package"), at("package/src"), at("missing"), homedir(), "/"],
      readWrite: [at("package/src"), at("target/deps")],
    }),
  ).toEqual<SandboxMount[]>([
    { kind: "ro", path: at("package") },
    { kind: "rw", path: at("package/src") },
    { kind: "rw", path: at("target/deps") },
  ]);
});

test("nothing is added to /proc, which is the sandbox's own", () => {
  const { mounts } = describeSandbox({
    ...{
      readOnly: ["/proc/self/status", "/proc/cpuinfo"],
      readWrite: ["/proc/self/fd"],
      scratch: ["/proc/sys"],
    },
    ...{ home: homedir(), network: false, cwd: "/proc/self" },
  });
  expect(mounts.filter(({ path }) => path.startsWith("/proc"))).toEqual([]);
});

test("what is shown below a directory of its own lies on top of it", () => {
  const at = (path: string) => join(root, path);
  expect(
    mountsOf({ scratch: [at("package"), homedir(), "relative"], readOnly: [at("package/src")] }),
  ).toEqual([
    { kind: "tmpfs", path: at("package") },
    { kind: "ro", path: at("package/src") },
  ]);
});

test("symbolic links on the way are there too, wherever they lead", () => {
  symlinkSync("data", join(root, "link"));
  symlinkSync(join(root, "link/file"), join(root, "package/linked"));
  expect(mountsOf({ readOnly: [join(root, "package/linked")] })).toEqual([
    { kind: "ro", path: join(root, "data/file") },
    { kind: "symlink", path: join(root, "link"), target: "data" },
    { kind: "symlink", path: join(root, "package/linked"), target: join(root, "link/file") },
  ]);
  symlinkSync("loop", join(root, "loop"));
  expect(mountsOf({ readOnly: [join(root, "loop/x")] })).toHaveLength(1);
});

test("what lies beside a shared prefix is not taken for what lies below", () => {
  mkdirSync(join(root, "package-2"));
  const shown = mountsOf({ readOnly: [join(root, "package"), join(root, "package-2")] });
  expect(shown.map(({ path }) => path)).toEqual([join(root, "package"), join(root, "package-2")]);
});

test("a command line for each backend starts the program at its end", () => {
  const spec = describeSandbox({
    readOnly: [join(root, "package")],
    readWrite: [],
    scratch: [],
    home: undefined,
    network: false,
    cwd: root,
  });
  const program = ["cc", "--version"];
  expect(sandboxCommand(spec, { kind: "none", reason: "" }, program)).toEqual(program);
  const native = sandboxCommand(spec, { kind: "native", program: "/shim" }, program);
  expect(native.slice(0, 2)).toEqual(["/shim", "--green-sandbox"]);
  expect(native.slice(-5)).toEqual(["cwd", root, "--", ...program]);
  expect(native).not.toContain("network");
  const bwrap = sandboxCommand(spec, { kind: "bwrap", program: "/bwrap", superuser: false }, program);
  expect(bwrap).toContain("--unshare-net");
  expect(bwrap).not.toContain("--cap-add");
  expect(bwrap.slice(-3)).toEqual(["--", ...program]);
});
