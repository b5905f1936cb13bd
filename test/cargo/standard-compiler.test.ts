// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { isStandardCompiler } from "../../src/cargo/standard-compiler.ts";

const OTHERS = `binary: rustc
commit-hash: f2d3ce0bd1234567890123456789012345678901
commit-date: 2026-03-21
host: x86_64-unknown-linux-gnu
release: 1.95.0
LLVM version: 22.1.0`;

test("rustc as Rust and distributions bring it is everybody's", () => {
  expect(isStandardCompiler(execFileSync("rustc", ["-vV"], { encoding: "utf8" }))).toBe(true);
  for (const first of [
    "rustc 1.95.0 (f2d3ce0bd 2026-03-21)",
    "rustc 1.97.0-nightly (f2d3ce0bd 2026-03-21)",
    "rustc 1.96.0-beta.3 (f2d3ce0bd 2026-03-21)",
    "rustc 1.85.0 (4d91de4e4 2025-02-17) (built from a source tarball)",
    "rustc 1.85.0 (4d91de4e4 2025-02-17) (Fedora 1.85.0-1.fc41)",
    "rustc 1.85.0 (4d91de4e4 2025-02-17) (Arch Linux rust 1:1.85.0-1)",
  ])
    expect(isStandardCompiler(`${first}\n${OTHERS}\n`), first).toBe(true);
});

test("rustc that calls itself by somebody's name is not", () => {
  const plain = "rustc 1.95.0 (f2d3ce0bd 2026-03-21)";
  for (const text of [
    `rustc 1.95.0-acme (f2d3ce0bd 2026-03-21)\n${OTHERS}`,
    `rustc 1.95.0-dev\n${OTHERS}`,
    `${plain} (Acme Forge)\n${OTHERS}`,
    `${plain}\n${OTHERS.replace("release: 1.95.0", "release: 1.95.0-acme")}`,
    `${plain}\n${OTHERS.replace("unknown-linux-gnu", "acme-linux-gnu")}`,
    `${plain}\n${OTHERS}\nbuilt for: acme`,
    "",
  ])
    expect(isStandardCompiler(text), text).toBe(false);
});
