// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { remedyFor } from "../../../src/runner/container/remedy.ts";

const remedy = (output: string, hidden: readonly string[] = []) =>
  remedyFor({ packageName: "openssl-sys", output, hidden });

describe("a unit that fails in a container is told", () => {
  test.each([
    ["/usr/bin/ld: cannot find -lssl: No such file or directory\ncollect2: error", "libssl-dev"],
    ["rust-lld: error: unable to find library -lz", "zlib1g-dev"],
    ["mold: fatal: library not found: sqlite3", "libsqlite3-dev"],
    [
      "error: could not find native static library `foo_bar`, perhaps an -L flag is missing?",
      "libfoo-bar-dev",
    ],
  ])("the package of a library: %j", (output, name) => {
    expect(remedy(output)).toContain(`add.apt = ["${name}"]`);
  });

  test.each([
    ["The system library `openssl` required by crate `openssl-sys` was not found.", "libssl-dev"],
    ["Package libudev was not found in the pkg-config search path.", "libudev-dev"],
    ["Package 'alsa', required by 'virtual:world', not found", "libasound2-dev"],
  ])("the package of what pkg-config looks for: %j", (output, name) => {
    expect(remedy(output)).toContain(`add.apt = ["pkg-config", "${name}"]`);
  });

  test("the component of Clippy", () => {
    const output = "env: '/root/.rustup/toolchains/stable/bin/clippy-driver': No such file or directory\n";
    expect(remedy(output)).toContain('`components = ["clippy"]`');
  });

  test.each([
    ["error: linker `cc` not found\n  |\n  = note: No such file or directory (os error 2)", "gcc"],
    ["sh: 1: make: not found", "make"],
    ["/bin/sh: line 1: cmake: command not found", "cmake"],
    ["Could not find `protoc`. If `protoc` is installed, try setting", "protobuf-compiler"],
    ["failed to execute command: No such file or directory (os error 2)\nis `cmake` not installed?", "cmake"],
    ['error occurred in cc-rs: failed to find tool "c++": No such file or directory', "g++"],
    ['Unable to find libclang: "couldn\'t find any valid shared libraries"', "libclang-dev"],
  ])("the package of a program: %j", (output, name) => {
    expect(remedy(output)).toContain(`add.apt = ["${name}"]`);
  });

  test("that there is no network", () => {
    const output = "curl: (6) Could not resolve host: example.com";
    expect(remedy(output)).toContain("CARGOGREEN_WITH_NETWORK=openssl-sys");
  });

  test("which variables it looked for", () => {
    expect(remedy("error: environment variable `API` not defined at compile time")).toContain("SET_ENVS=API");
    expect(remedy("thread 'main' panicked: TOKEN must be set", ["TOKEN", "OTHER"])).toContain(
      "SET_ENVS=TOKEN)",
    );
  });

  test("nothing, if its own code is wrong", () => {
    const output = "error[E0425]: cannot find value `x` in this scope\n --> src/lib.rs:1:1";
    expect(remedy(output, ["HOST"])).toBeUndefined();
  });
});
