// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { memberCompiler, rootArguments, settingsBasis } from "../../../src/broker/replay/build-basis.ts";
import { readCargoConfig } from "../../../src/broker/replay/cargo-config.ts";
import { messageBasis } from "../../../src/broker/replay/message-basis.ts";
import { parseCargoInvocation } from "../../../src/cargo/invocation.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

/** The basis of a command line in a new directory with this configuration. */
async function basis(line: string, env: Record<string, string> = {}, config?: string): Promise<string> {
  const cwd = temporaryDirectory();
  if (config !== undefined) {
    mkdirSync(join(cwd, ".cargo"));
    writeFileSync(join(cwd, ".cargo/config.toml"), config);
  }
  const invocation = parseCargoInvocation(line.split(" "));
  const roots = makeRoots({ WORKSPACE: cwd });
  const facts = { invocation, env, config: readCargoConfig(invocation, cwd, env), roots };
  return JSON.stringify(await settingsBasis(facts));
}

describe("what decides about all units", () => {
  it.each<[string, string, Record<string, string>, string?]>([
    ["flags", "build", { RUSTFLAGS: "-Cpanic=abort" }],
    ["a profile's variable", "build", { CARGO_PROFILE_DEV_LTO: "fat" }],
    ["a target's variable", "build", { CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS: "-Cx" }],
    ["a compiler's variable", "build", { RUSTC_BOOTSTRAP: "1" }],
    ["an unstable option", "build -Zfoo", {}],
    ["a setting on the command line", "build --config build.rustflags=['-Cx']", {}],
    ["flags in a file", "build", {}, `[build]\nrustflags = ["-Cx"]\n`],
    ["variables in a file", "build", {}, `[env]\nWORD = "x"\n`],
    ["a file that is broken", "build", {}, "[build\n"],
    ["short messages", "build --message-format short", {}],
    ["what dependencies say", "build -vv", {}],
  ])("is %s", async (_, line, env, config) => {
    expect(await basis(line, env, config)).not.toBe(await basis("build"));
  });

  it.each<[string, string, Record<string, string>, string?]>([
    ["where results go", "build --target-dir=x --config build.target-dir='x'", { CARGO_TARGET_DIR: "/x" }],
    ["where that is configured", "build", {}, `[build]\ntarget-dir = "x"\nbuild-dir = "y"\njobs = 3\n`],
    ["whether units are incremental, which the graph says", "build", { CARGO_INCREMENTAL: "1" }],
    [
      "where packages come from",
      "build",
      { CARGO_HOME: "/c", CARGO_NET_OFFLINE: "true" },
      "[net]\noffline = true\n",
    ],
    ["how it looks", "build -v --color always", { CARGO_TERM_COLOR: "always", RUST_BACKTRACE: "1" }],
    ["what Cargo set for us", "build", { CARGO_PKG_NAME: "x", RUSTUP_TOOLCHAIN: "stable", EDITOR: "vi" }],
    ["messages in JSON", "build --message-format=json", {}],
    ["an empty table", "build", {}, "[build]\n"],
    ["what compiles members alone", "clippy", {}],
  ])("is not %s", async (_, line, env, config) => {
    expect(await basis(line, env, config)).toBe(await basis("build"));
  });

  it("has no paths of this machine in it", async () => {
    const runner = `[target.x]\nlinker = "/bin/ld"\n[env]\nP = "PLACE/x"\n`;
    const cwd = temporaryDirectory();
    mkdirSync(join(cwd, ".cargo"));
    writeFileSync(join(cwd, ".cargo/config.toml"), runner.replace("PLACE", cwd));
    const invocation = parseCargoInvocation(["build"]);
    const config = readCargoConfig(invocation, cwd, {});
    const said = await settingsBasis({ invocation, env: {}, config, roots: makeRoots({ WORKSPACE: cwd }) });
    expect(said.join("\n")).toContain("@@green:WORKSPACE@@/x");
    expect(said.join("\n")).not.toContain(cwd);
  });
});

describe("messages", () => {
  it.each([
    ["build", []],
    ["-v build -v", ["-vv"]],
    ["build -vv", ["-vv"]],
    ["build --verbose --verbose", ["-vv"]],
    ["build -qv -p vv", []],
    ["build -pvv", []],
    ["run x -vv", []],
    ["test -- -vv --message-format=short", []],
    ["check --message-format=json,json-diagnostic-short", ["short"]],
    ["check --message-format json", []],
  ])("of cargo %s", (line, expected) => {
    expect(messageBasis(parseCargoInvocation(line.split(" ")))).toEqual(expected);
  });
});

describe("arguments for the requested units", () => {
  it.each([
    ["build -- x", []],
    ["rustc -- --cfg x", ["--", "--cfg", "x"]],
    ["rustc --crate-type cdylib", ["--crate-type cdylib"]],
    ["clippy -- -D warnings", ["--", "-D", "warnings"]],
  ])("of cargo %s", (line, expected) => {
    expect(rootArguments(parseCargoInvocation(line.split(" ")))).toEqual(expected);
  });
});

it("members are compiled by Clippy if the subcommand is", () => {
  const compilers = ["clippy", "+nightly clippy --fix", "check"].map((line) =>
    memberCompiler(parseCargoInvocation(line.split(" "))),
  );
  expect(compilers).toEqual(["clippy", "clippy", "rustc"]);
});
