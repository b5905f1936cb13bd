// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { indexLockfile } from "../../src/cargo/lockfile.ts";
import {
  lockedPackageOf,
  type PackageId,
  packageRootOf,
  parsePackageId,
} from "../../src/cargo/package-id.ts";

const INDEX = "registry+https://example.com/index";

function parse(spec: string): PackageId {
  const id = parsePackageId(spec);
  if (id === undefined) throw new Error(`"${spec}" is not understood`);
  return id;
}

describe("a package id", () => {
  it.each([
    [`${INDEX}#memchr@2.7.6`, "memchr", "2.7.6", { kind: "registry", source: INDEX }],
    ["sparse+https://example.com/index/#a@1.0.0-rc.1+b", "a", "1.0.0-rc.1+b", { kind: "registry" }],
    ["git+https://example.com/dep?branch=a@b#sub-crate@0.2.0", "sub-crate", "0.2.0", { kind: "git" }],
    [
      "git+https://example.com/dep?rev=1#0.2.0",
      "dep",
      "0.2.0",
      { source: "git+https://example.com/dep?rev=1" },
    ],
    ["path+file:///work/app#0.1.0", "app", "0.1.0", { kind: "path", directory: "/work/app" }],
    ["path+file:///work/d%C3%A9p%20x#weird@0.3.0", "weird", "0.3.0", { directory: "/work/dép x" }],
    ["path+file:///work/a@b#0.3.0", "a@b", "0.3.0", { directory: "/work/a@b" }],
  ])("%s is read", (spec, name, version, source) => {
    expect(parse(spec)).toMatchObject({ spec, name, version, source });
  });

  it.each([
    [`memchr 2.7.6 (${INDEX})`, "memchr", "2.7.6", { kind: "registry", source: INDEX }],
    [
      "dep 0.2.0 (git+https://example.com/x?branch=a#0123456789)",
      "dep",
      "0.2.0",
      { kind: "git", source: "git+https://example.com/x?branch=a" },
    ],
    ["weird 0.3.0 (path+file:///work/d%C3%A9p%20(x))", "weird", "0.3.0", { directory: "/work/dép (x)" }],
  ])("%s, as Cargo wrote it before 1.77, is read", (spec, name, version, source) => {
    expect(parse(spec)).toMatchObject({ spec, name, version, source });
  });

  it.each(["memchr 2.7.6", "memchr 2.7.6 (elsewhere)", "memchr@2.7.6", "memchr", "", "path+file:///#"])(
    "is not %j",
    (spec) => expect(parsePackageId(spec)).toBeUndefined(),
  );

  it("leads to the package's directory, given a source file", () => {
    const files = { exists: (path: string) => ["/c/dep/Cargo.toml", "/c/Cargo.toml"].includes(path) };
    const git = parse("git+https://example.com/dep#0.2.0");
    expect(packageRootOf(git, "/c/dep/src/bin/x.rs", files)).toBe("/c/dep");
    expect(packageRootOf(git, "/d/src/lib.rs", files)).toBeUndefined();
    expect(packageRootOf(parse("path+file:///work/app#0.1.0"), "/work/shared.rs", files)).toBe("/work/app");
  });

  it("leads to what the lockfile pins, by source too", () => {
    const one = {
      name: "dep",
      version: "0.2.0",
      checksum: undefined,
      source: "git+https://example.com/dep?rev=1#aa",
    };
    const two = { ...one, checksum: "cc", source: INDEX };
    const lock = indexLockfile([one, two]);
    expect(lockedPackageOf(parse("git+https://example.com/dep?rev=1#0.2.0"), lock)).toBe(one);
    expect(lockedPackageOf(parse(`${INDEX}#dep@0.2.0`), lock)).toBe(two);
    expect(lockedPackageOf(parse("git+https://example.com/dep?rev=2#0.2.0"), lock)).toBeUndefined();
    expect(lockedPackageOf(parse("path+file:///work/dep#0.2.0"), lock)).toBeUndefined();
  });
});
