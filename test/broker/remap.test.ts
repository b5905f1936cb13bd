// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { isWorkspaceRoot, type RemapRequest, remapArguments } from "../../src/broker/remap.ts";
import type { Package } from "../../src/cargo/package.ts";

function request(root: string, cwd: string, immutable: boolean): RemapRequest {
  const own: Package = {
    source: immutable ? "crates-io" : "path",
    name: "a",
    version: "1.0.0",
    root,
    identity: "",
    immutable,
    lockedSource: undefined,
  };
  return { package: own, cwd, cargoHome: "/home/u/.cargo", targetRoot: "/w/target", input: "src/lib.rs" };
}

describe("remapArguments", () => {
  it("gives packages that cannot change the same paths everywhere", () => {
    expect(remapArguments(request("/home/u/.cargo/registry/src/x/a-1.0.0", "/home/u/.cargo", true))).toEqual([
      "--remap-path-prefix=/home/u/.cargo=/usr/local/cargo",
      "--remap-path-prefix=/w/target=/target",
    ]);
  });

  it("makes a workspace's own paths relative to its root, and leaves path packages elsewhere alone", () => {
    expect(remapArguments(request("/w/crates/a", "/w", false))).toEqual(["--remap-path-prefix=/w=."]);
    expect(remapArguments(request("/elsewhere/a", "/w", false))).toEqual([]);
  });
});

describe("isWorkspaceRoot", () => {
  it.each([
    ["/w", "/w", true],
    ["/w", "/w/crates/a", true],
    ["/w", "/w/..a", true],
    ["/w", "/wide", false],
    ["/w/a", "/w", false],
    ["/w/a", "/w/b", false],
  ])("%s of %s: %s", (cwd, root, expected) => {
    expect(isWorkspaceRoot(cwd, root)).toBe(expected);
  });
});
