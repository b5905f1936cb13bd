// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { bundledCli } from "./run-cli.ts";

const runCli = bundledCli();
let home: string;
let env: NodeJS.ProcessEnv;

interface Report {
  readonly well: boolean;
  readonly findings: readonly { check: string; status: string; says: string; todo?: string }[];
}

/** A machine made of scripts: each says what it is told, or fails. */
function install(programs: Readonly<Record<string, string>>): void {
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(home, "bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
}

beforeEach(() => {
  home = temporaryDirectory();
  mkdirSync(join(home, "bin"));
  env = { PATH: join(home, "bin") };
  install({
    cargo: "echo cargo 1.95.0",
    rustc: "echo rustc 1.95.0; exit 0",
    unshare: "exit 1",
    bwrap: "exit 1",
  });
});

function doctor(more: NodeJS.ProcessEnv = {}, args: readonly string[] = []) {
  const { status, stdout } = runCli(["doctor", "--json", ...args], home, { ...env, ...more });
  const { findings, well } = JSON.parse(stdout) as Report;
  return {
    status,
    well,
    of: (check: string) => findings.find((finding) => finding.check === check),
    findings,
  };
}

test("every warning and problem says what to do, and only problems fail", () => {
  const { status, well, of, findings } = doctor();
  expect([status, well]).toEqual([0, true]);
  expect(of("cargo")).toEqual({ check: "cargo", status: "ok", says: "cargo 1.95.0" });
  expect(of("shim")?.status).toBe("warning"); // that rustc compiles nothing
  expect(of("sandbox")?.status).toBe("warning");
  expect(of("bubblewrap")?.says).toContain("not installed");
  for (const { status: bad, todo } of findings) if (/warning|problem/.test(bad)) expect(todo).toMatch(/\w/);
});

test("a toolchain that does not run, and a demand for a sandbox that cannot be, are problems", () => {
  install({ cargo: "exit 1" });
  const { status, of } = doctor({}, ["--green-profile", "ci"]);
  expect(status).toBe(1);
  expect(of("cargo")).toMatchObject({ status: "problem", todo: expect.stringContaining("install Rust") });
  expect(of("sandbox")?.status).toBe("problem");
});

test("a sandbox is what builds can make: namespaces alone, without a program to use them, are not enough", () => {
  install({ unshare: "exit 0" });
  expect(doctor().of("user-namespaces")?.status).toBe("ok");
  expect(doctor().of("sandbox")?.status).toBe("warning");
  install({ bwrap: 'while [ "$1" != -- ] && [ $# -gt 1 ]; do shift; done; shift; exec "$@"' });
  expect(doctor().of("sandbox")).toMatchObject({ status: "ok", says: expect.stringContaining("bwrap") });
  expect(doctor({ CARGOGREEN_SANDBOX: "off" }).of("sandbox")?.status).toBe("note");
  expect(doctor().of("landlock")).toMatchObject({
    status: "note",
    says: expect.stringContaining("not use it"),
  });
});

test("settings that cannot be read are the one thing it says", () => {
  mkdirSync(join(home, ".cargo"));
  writeFileSync(join(home, ".cargo/green.toml"), "\nlgo = 'info'\n");
  const { status, of, findings } = doctor();
  expect([status, findings.length]).toEqual([1, 2]);
  expect(of("settings")).toMatchObject({
    says: expect.stringMatching(/green\.toml:2: lgo /),
    todo: "did you mean `log`?",
  });
});

test("a cache that cannot be written to is named", () => {
  writeFileSync(join(home, "file"), "");
  const { status, of } = doctor({ CARGOGREEN_CACHE_DIR: join(home, "file/cache") });
  expect([status, of("disk")?.status, of("store")?.status, of("shim")?.status]).toEqual([
    1,
    "problem",
    "problem",
    "problem",
  ]);
});

test("another wrapper is named; plain cargo's own is checked after setup", () => {
  mkdirSync(join(home, ".cargo"));
  writeFileSync(join(home, ".cargo/config.toml"), "[build]\nrustc-wrapper = 'sccache'\n");
  expect(doctor().of("other-wrapper")?.says).toContain('"sccache"');
  expect(doctor().of("plain-cargo")?.status).toBe("note");
  runCli(["setup", "--yes"], home, env);
  expect(doctor().of("plain-cargo")?.status).toBe("ok");
  const config = readFileSync(join(home, ".cargo/config.toml"), "utf8");
  writeFileSync(join(home, ".cargo/config.toml"), "");
  expect(doctor().of("plain-cargo")).toMatchObject({
    status: "warning",
    says: expect.stringContaining("although"),
  });
  expect(
    doctor({ RUSTC_WRAPPER: join(home, ".cargo/green/cargo-green-shim") }).of("plain-cargo")?.status,
  ).toBe("ok");
  writeFileSync(join(home, ".cargo/config.toml"), config);
  writeFileSync(join(home, ".cargo/green/broker"), "0.0.1\n");
  expect(doctor().of("plain-cargo")).toMatchObject({
    status: "warning",
    todo: "run `cargo green setup` again",
  });
});

test("an empty cache beside a full target directory is told how to be filled", () => {
  expect(doctor().of("adopt")).toBeUndefined();
  mkdirSync(join(home, "target/release/.fingerprint/a-0123456789abcdef"), { recursive: true });
  writeFileSync(join(home, "Cargo.toml"), "");
  const { status, of } = doctor();
  expect([status, of("adopt")?.status]).toEqual([0, "note"]);
  expect(of("adopt")?.todo).toContain("cargo green cache adopt");
});
