// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import type { Role } from "../../src/broker/protocol.ts";
import { invocationEnvironment, rootsOf } from "../../src/broker/request-roots.ts";
import type { Package } from "../../src/cargo/package.ts";

const env = new Map([
  ["HOME", "/home/u"],
  ["OUT_DIR", "/w/target/debug/build/a-0123456789abcdef/out"],
  ["CARGO_PKG_NAME", "a"],
  ["CARGO_MANIFEST_DIR", "/w/a"],
  ["CARGO_FEATURE_X", "1"],
  ["KEYED", "/home/u/x"],
  ["AWS_SECRET", "hush"],
]);

function roots(role: Role, immutable: boolean) {
  const own: Package = {
    source: immutable ? "crates-io" : "path",
    name: "a",
    version: "1.0.0",
    root: "/w/a",
    identity: "",
    immutable,
    lockedSource: undefined,
  };
  const request = { role, cwd: "/w", argv: [], env };
  return rootsOf({ request, package: own, targetRoot: "/w/target", sysroot: "/opt/rust" });
}

const places = (role: Role, immutable: boolean) =>
  Object.fromEntries(roots(role, immutable).roots.map(({ name, path }) => [name, path]));

describe("rootsOf", () => {
  it("has the workspace for compilations and the package for build scripts of what can change", () => {
    expect(places("rustc", false)).toEqual({
      OUT_DIR: "/w/target/debug/build/a-0123456789abcdef/out",
      TARGET: "/w/target",
      CARGO_HOME: "/home/u/.cargo",
      SYSROOT: "/opt/rust",
      HOME: "/home/u",
    });
    expect(places("build-script", false)).toMatchObject({ PACKAGE: "/w/a" });
    expect(places("build-script", false)).not.toHaveProperty("WORKSPACE");
    expect(places("rustc", true)).not.toHaveProperty("PACKAGE");
  });
});

describe("invocationEnvironment", () => {
  it("keeps what Cargo set and what is keyed, with OUT_DIR by its place below the target, and nothing else", () => {
    expect(invocationEnvironment(env, ["env KEYED", "env NOT_SET", "file x"], roots("rustc", false))).toEqual(
      {
        OUT_DIR: "@@green:TARGET@@/debug/build/a-0123456789abcdef/out",
        CARGO_PKG_NAME: "a",
        CARGO_MANIFEST_DIR: "/w/a",
        CARGO_FEATURE_X: "1",
        KEYED: "@@green:HOME@@/x",
      },
    );
  });
});
