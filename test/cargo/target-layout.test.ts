// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import {
  buildScriptRunDirectory,
  findMarkedTarget,
  fingerprintDirectory,
  placeInTarget,
} from "../../src/cargo/target-layout.ts";

const LINUX = "x86_64-unknown-linux-gnu";

describe("placeInTarget", () => {
  it.each([
    ["/w/target/debug/deps", undefined, "/w/target", "debug", "v1", "deps"],
    ["/w/target/release/examples", LINUX, "/w/target", "release", "v1", "examples"],
    [`/w/target/${LINUX}/release/deps`, LINUX, "/w/target", "release", "v1", "deps"],
    ["/w/target/my-spec/ci/deps", "specs/my-spec.json", "/w/target", "ci", "v1", "deps"],
    ["/w/target/debug/build/a-b-bb51a25b542ddc73", undefined, "/w/target", "debug", "v1", "build"],
    ["/w/target/debug/build/a-ef896d7412032a78/out", LINUX, "/w/target", "debug", "v1", "build"],
    ["/w/target/debug/build/a/c810258c32e88fac/out", LINUX, "/w/target", "debug", "v2", "unit"],
    [`/w/t/${LINUX}/debug/build/a/c810258c32e88fac/out`, LINUX, "/w/t", "debug", "v2", "unit"],
  ])("places %s (--target %s)", (directory, target, root, profile, layout, role) => {
    expect(placeInTarget(directory, target)).toMatchObject({ root, profile, layout, role });
  });

  it("does not place what Cargo would not choose", () => {
    expect(placeInTarget("/w/target/debug", undefined)).toBeUndefined();
    expect(placeInTarget("/w/target/debug/build", undefined)).toBeUndefined();
  });
});

describe("findMarkedTarget", () => {
  it("finds the nearest mark and remembers it", () => {
    const asked: string[] = [];
    const files = { exists: (path: string) => asked.push(path) > 0 && path === "/w/t/CACHEDIR.TAG" };
    const memo = new Map<string, string | undefined>();
    expect(findMarkedTarget("/w/t/a/b", files, memo)).toBe("/w/t");
    const before = asked.length;
    expect(findMarkedTarget("/w/t/a/b", files, memo)).toBe("/w/t");
    expect(asked).toHaveLength(before);
    expect(findMarkedTarget("/x", files)).toBeUndefined();
  });
});

describe("build scripts", () => {
  it("leave their output beside OUT_DIR", () => {
    expect(buildScriptRunDirectory("/t/debug/build/a-1/out", "v1")).toBe("/t/debug/build/a-1");
    expect(buildScriptRunDirectory("/t/debug/build/a/1/out", "v2")).toBe("/t/debug/build/a/1/run");
  });
});

describe("fingerprints", () => {
  const of = (directory: string, extraFilename: string) => {
    const place = placeInTarget(directory, undefined);
    return place && fingerprintDirectory(directory, place, "a-b", extraFilename);
  };

  it("lie in one directory for all units, or with each", () => {
    expect(of("/t/debug/deps", "-0123456789abcdef")).toBe("/t/debug/.fingerprint/a-b-0123456789abcdef");
    expect(of("/t/debug/build/a-b-0123456789abcdef", "-0123456789abcdef")).toBe(
      "/t/debug/.fingerprint/a-b-0123456789abcdef",
    );
    expect(of("/t/debug/build/a-b-fedcba9876543210/out", "")).toBe(
      "/t/debug/.fingerprint/a-b-fedcba9876543210",
    );
    expect(of("/t/debug/build/a-b/0123456789abcdef/out", "")).toBe(
      "/t/debug/build/a-b/0123456789abcdef/fingerprint",
    );
  });

  it("cannot be told without a hash in the file's name", () => {
    expect(of("/t/debug/deps", "")).toBeUndefined();
  });
});
