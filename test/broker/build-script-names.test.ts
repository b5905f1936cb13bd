// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { identifyRustc } from "../../src/broker/rustc-identity.ts";
import { parseRustcArgv } from "../../src/cargo/rustc-argv.ts";

const kind = (crate: string, outDir: string, env: Record<string, string> = {}) => {
  const argv = ["--crate-name", crate, "--crate-type", "bin", "--out-dir", outDir, "src/main.rs"];
  return identifyRustc({
    parsed: parseRustcArgv(argv),
    argv,
    package: {
      source: "path",
      name: "it",
      version: "1.0.0",
      root: "/w",
      identity: "it",
      immutable: false,
      lockedSource: undefined,
    },
    toolchain: { text: "", release: "1.95.0", host: "x", commit: "", sysroot: "/s" },
    driver: undefined,
    cwd: "/w",
    env: new Map(Object.entries(env)),
  }).kind;
};

describe("identifyRustc", () => {
  it("tells a build script from a binary of such a name, in both layouts", () => {
    expect(kind("build_script_build", "/w/target/debug/build/it-0123456789abcdef")).toBe("build-script");
    expect(kind("build_script_tool", "/w/target/debug/deps")).toBe("bin");
    expect(kind("build_script_tool", "/w/target/debug/examples")).toBe("bin");
    const unit = "/w/target/debug/build/it/0123456789abcdef/out";
    expect(kind("build_script_build", unit)).toBe("build-script");
    expect(kind("build_script_tool", unit, { CARGO_BIN_NAME: "build-script-tool" })).toBe("bin");
    expect(kind("build_script_tool", unit, { CARGO_TARGET_TMPDIR: "/w/target/tmp" })).toBe("bin");
  });
});
