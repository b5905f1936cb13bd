// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { remapArguments } from "../../src/broker/remap.ts";
import type { Package } from "../../src/cargo/package.ts";

const own = (root: string, immutable: boolean): Package => ({
  source: immutable ? "crates-io" : "path",
  name: "it",
  version: "1.0.0",
  root,
  identity: "it",
  immutable,
  lockedSource: undefined,
});
const places = { cargoHome: "/h/.cargo", targetRoot: "/w/target" };

describe("remapArguments", () => {
  it("makes a workspace's own packages relative to it", () => {
    const request = { ...places, package: own("/w/member", false), cwd: "/w", input: "member/src/lib.rs" };
    expect(remapArguments(request)).toEqual(["--remap-path-prefix=/w=."]);
  });

  it("leaves path packages outside of the workspace alone, as diagnostics name them by absolute paths", () => {
    const request = { ...places, package: own("/d", false), cwd: "/d", input: "/d/src/lib.rs" };
    expect(remapArguments(request)).toEqual([]);
  });

  it("takes CARGO_HOME and the target directory out of packages that cannot change", () => {
    const root = "/h/.cargo/registry/src/x/it-1.0.0";
    const request = { ...places, package: own(root, true), cwd: root, input: `${root}/src/lib.rs` };
    expect(remapArguments(request)).toHaveLength(2);
  });
});
