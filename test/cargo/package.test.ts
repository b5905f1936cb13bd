// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { indexLockfile, type LockedPackage } from "../../src/cargo/lockfile.ts";
import { identifyPackage } from "../../src/cargo/package.ts";

const COMMIT = "1cced521c8698dc72b825ca7d19fc1ae53111f59";
const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";
const sum = (digit: string) => digit.repeat(64);

interface World {
  readonly root: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly digests?: Readonly<Record<string, string>>;
  readonly locked?: readonly Partial<LockedPackage>[];
}

function identify({ root, files = {}, digests = {}, locked }: World) {
  const env = new Map([
    ["HOME", "/h"],
    ["CARGO_MANIFEST_DIR", root],
    ["CARGO_PKG_NAME", "foo"],
    ["CARGO_PKG_VERSION", "1.0.0+x"],
  ]);
  const entry = { name: "foo", version: "1.0.0+x", source: undefined, checksum: undefined };
  return identifyPackage(env, {
    files: { exists: (path) => path in files, readText: async (path) => files[path] },
    digestFile: async (path) => digests[path] ?? Promise.reject(new Error("not there")),
    lockfile: locked === undefined ? undefined : indexLockfile(locked.map((each) => ({ ...entry, ...each }))),
  });
}

const IN_REGISTRY = "/h/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/foo-1.0.0+x";
const CRATE = "/h/.cargo/registry/cache/index.crates.io-1949cf8c6b5b557f/foo-1.0.0+x.crate";
const CHECKOUT = "/h/.cargo/git/checkouts/foo-0123456789abcdef/1cced52";

describe("identifyPackage", () => {
  it("takes the checksum of a registry's package from the lockfile", async () => {
    expect(
      await identify({ root: IN_REGISTRY, locked: [{ source: CRATES_IO, checksum: sum("a") }] }),
    ).toEqual({
      source: "crates-io",
      name: "foo",
      version: "1.0.0+x",
      root: IN_REGISTRY,
      identity: `crates-io foo@1.0.0+x ${sum("a")}`,
      immutable: true,
      lockedSource: CRATES_IO,
    });
  });

  it("digests the downloaded file where no lockfile tells, or two of its entries could be meant", async () => {
    const digests = { [CRATE]: sum("b") };
    expect(await identify({ root: IN_REGISTRY, digests })).toMatchObject({
      source: "crates-io",
      identity: `crates-io foo@1.0.0+x ${sum("b")}`,
      immutable: true,
    });
    const locked = [
      { source: CRATES_IO, checksum: sum("a") },
      { source: "sparse+https://registry.example/", checksum: sum("b") },
    ];
    expect(await identify({ root: IN_REGISTRY, digests, locked })).toMatchObject({
      source: "registry",
      lockedSource: "sparse+https://registry.example/",
    });
  });

  it("does not take a private index on the same host for crates.io", async () => {
    const root = "/h/.cargo/registry/src/github.com-aaaaaaaaaaaaaaaa/foo-1.0.0+x";
    const digests = {
      [CRATE.replace("index.crates.io-1949cf8c6b5b557f", "github.com-aaaaaaaaaaaaaaaa")]: sum("c"),
    };
    expect((await identify({ root, digests }))?.source).toBe("registry");
    const mirrored = await identify({ root, locked: [{ source: CRATES_IO, checksum: sum("c") }] });
    expect(mirrored?.source).toBe("crates-io");
  });

  it("does not trust a registry's directory without a checksum, nor a package inside of another", async () => {
    expect(await identify({ root: IN_REGISTRY })).toMatchObject({
      immutable: false,
      identity: "path foo@1.0.0+x",
    });
    expect(await identify({ root: `${IN_REGISTRY}/sub` })).toMatchObject({
      source: "path",
      immutable: false,
    });
  });

  it("pins a git package by its full commit, from the lockfile or from the checkout", async () => {
    const source = `git+https://example.org/foo?tag=v1#${COMMIT}`;
    expect(await identify({ root: `${CHECKOUT}/crates/foo`, locked: [{ source }] })).toMatchObject({
      source: "git",
      identity: `git ${COMMIT} crates/foo`,
      immutable: true,
      lockedSource: source,
    });
    const detached = { [`${CHECKOUT}/.git/HEAD`]: `${COMMIT}\n` };
    expect(await identify({ root: CHECKOUT, files: detached })).toMatchObject({
      identity: `git ${COMMIT}`,
      immutable: true,
    });
    const onBranch = {
      [`${CHECKOUT}/.git/HEAD`]: "ref: refs/heads/main\n",
      [`${CHECKOUT}/.git/refs/heads/main`]: `${COMMIT}\n`,
    };
    expect((await identify({ root: CHECKOUT, files: onBranch }))?.identity).toBe(`git ${COMMIT}`);
    const moved = { [`${CHECKOUT}/.git/HEAD`]: "f".repeat(40) };
    expect(await identify({ root: CHECKOUT, files: moved })).toMatchObject({
      source: "git",
      immutable: false,
    });
  });

  it("tells vendored packages and path packages by the list of checksums", async () => {
    const files = { "/w/vendor/foo/.cargo-checksum.json": `{"files":{},"package":"${sum("d")}"}` };
    expect(await identify({ root: "/w/vendor/foo", files })).toMatchObject({
      source: "vendored",
      identity: `vendored foo@1.0.0+x ${sum("d")}`,
      immutable: false,
    });
    expect(await identify({ root: "/w/foo", files })).toMatchObject({ source: "path", immutable: false });
  });

  it("knows no package where Cargo set none", async () => {
    const context = {
      files: { exists: () => false, readText: async () => undefined },
      digestFile: async () => "",
      lockfile: undefined,
    };
    expect(await identifyPackage(new Map([["HOME", "/h"]]), context)).toBeUndefined();
  });
});
