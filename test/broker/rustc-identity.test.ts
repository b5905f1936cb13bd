// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { identifyRustc } from "../../src/broker/rustc-identity.ts";
import { parseRustcArgv } from "../../src/cargo/rustc-argv.ts";

const OUT = ["--out-dir", "target/release/deps"];
const SCRIPT_OUT = ["--out-dir", "target/release/build/a-0123456789abcdef"];

function identify(argv: readonly string[], driver?: string) {
  return identifyRustc({
    parsed: parseRustcArgv(argv),
    argv,
    package: {
      source: "path",
      name: "a-b",
      version: "1.0.0",
      root: "/w",
      identity: "",
      immutable: false,
      lockedSource: undefined,
    },
    toolchain: { text: "", release: "1.95.0", host: "x86_64-unknown-linux-gnu", commit: "c", sysroot: "/s" },
    driver,
    cwd: "/w",
    env: new Map(),
  });
}

const call = (name: string, ...more: readonly string[]) => ["--crate-name", name, "src/x.rs", ...more];
const lib = call("a_b", "--crate-type", "lib", "--emit=dep-info,metadata,link");

describe("identifyRustc", () => {
  it("names a library as Cargo does", () => {
    const features = ["--cfg", 'feature="std"', "--cfg", 'feature="alloc"', "--cfg", "other"];
    expect(identify([...lib, ...OUT, ...features])).toEqual({
      package: "a-b",
      version: "1.0.0",
      source: "path",
      target: "a_b",
      kind: "lib",
      features: ["alloc", "std"],
      triple: "x86_64-unknown-linux-gnu",
      profile: "release",
      rustc: "1.95.0",
      mode: "build",
    });
  });

  it.each<readonly [string, readonly string[]]>([
    ["lib", call("a", "--crate-type", "cdylib", "--emit=link", ...OUT)],
    ["proc-macro", call("a", "--crate-type", "proc-macro", "--emit=link", ...OUT)],
    ["bin", call("a", "--crate-type", "bin", "--emit=link", ...OUT)],
    ["bin", call("a", "--emit=link", ...OUT)],
    ["test", call("a", "--test", "--emit=link", ...OUT)],
    ["build-script", call("build_script_main", "--crate-type", "bin", "--emit=link", ...SCRIPT_OUT)],
    ["lib", call("build_script_like", "--crate-type", "rlib", "--emit=link", ...OUT)],
  ])("tells a %s from %j", (kind, argv) => {
    expect(identify(argv).kind).toBe(kind);
  });

  it("tells check, clippy and build apart", () => {
    const check = call("a", "--crate-type", "lib", "--emit=dep-info,metadata", ...OUT);
    expect([
      identify(check).mode,
      identify(check, "clippy-driver").mode,
      identify([...lib, ...OUT]).mode,
    ]).toEqual(["check", "clippy", "build"]);
  });

  it("has the triple of --target, by a file's name too, and the profile in its directory", () => {
    const cross = (target: string, directory: string) =>
      identify([...lib, "--target", target, "--out-dir", `/t/${directory}/fast/deps`]);
    expect(cross("wasm32-wasip1", "wasm32-wasip1")).toMatchObject({
      triple: "wasm32-wasip1",
      profile: "fast",
    });
    expect(cross("specs/my-os.json", "my-os")).toMatchObject({ triple: "my-os", profile: "fast" });
  });

  it("names what is not cached as far as that can be told", () => {
    const incremental = identify([...lib, ...OUT, "-C", "incremental=/t/i"]);
    expect(incremental).toMatchObject({ package: "a-b", target: "a_b", rustc: "1.95.0" });
  });
});
