// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findOtherWrapper } from "../../src/cargo/wrapper-settings.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

function machine(files: Readonly<Record<string, string>> = {}) {
  const root = temporaryDirectory();
  mkdirSync(join(root, "work/project"), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const at = (path: string) => join(root, path);
  return {
    at,
    find: (env: Readonly<Record<string, string>> = {}) =>
      findOtherWrapper({ HOME: at("home"), ...env }, at("work/project")),
  };
}

const config = (program: string) => `[build]\njobs = 4\nrustc-wrapper = "${program}"\n`;

describe("findOtherWrapper", () => {
  it("takes the variables first, in Cargo's order", () => {
    const { find } = machine({ "work/project/.cargo/config.toml": config("file") });
    const both = { RUSTC_WRAPPER: "one", CARGO_BUILD_RUSTC_WRAPPER: "two" };
    expect(find(both)).toEqual({ program: "one", setBy: "RUSTC_WRAPPER" });
    expect(find({ CARGO_BUILD_RUSTC_WRAPPER: "two" })).toEqual({
      program: "two",
      setBy: "CARGO_BUILD_RUSTC_WRAPPER",
    });
  });

  it("takes the nearest configuration file upward, then CARGO_HOME's", () => {
    const files = {
      "work/project/.cargo/config.toml": "[net]\noffline = true\n",
      "work/.cargo/config.toml": config("above"),
      "home/.cargo/config.toml": config("home"),
      "elsewhere/config.toml": config("elsewhere"),
    };
    const whole = machine(files);
    expect(whole.find()).toEqual({ program: "above", setBy: whole.at("work/.cargo/config.toml") });
    const { "work/.cargo/config.toml": _, ...rest } = files;
    const without = machine(rest);
    expect(without.find()?.program).toBe("home");
    expect(without.find({ CARGO_HOME: without.at("elsewhere") })?.program).toBe("elsewhere");
  });

  it.each([
    ["build.rustc-wrapper = 'sccache'", "sccache"],
    ['[build]\n  rustc-wrapper="/usr/bin/sccache" # fast', "/usr/bin/sccache"],
    ['[build]\n# rustc-wrapper = "sccache"', undefined],
    ['[build]\nrustc-workspace-wrapper = "x"', undefined],
    ['[build]\nrustc-wrapper = ""', undefined],
    ['[build]\nrustc-wrapper = "/c/cargo-green/shim/cargo-green-shim"', undefined],
  ])("reads %j", (text, program) => {
    expect(machine({ "work/.cargo/config.toml": text }).find()?.program).toBe(program);
  });

  it("finds no conflict in our own shim, in an empty variable that turns files off, and where nothing is set", () => {
    const { find } = machine({ "work/.cargo/config.toml": config("file") });
    expect(find({ RUSTC_WRAPPER: "/c/cargo-green-shim" })).toBeUndefined();
    expect(find({ RUSTC_WRAPPER: "" })).toBeUndefined();
    expect(machine().find()).toBeUndefined();
  });
});
