// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { sourcesInBytes } from "../../src/cargo/sources-in-bytes.ts";

const REGISTRY = "registry/src/index.crates.io-1949cf8c6b5b557f";

test("paths of unpacked packages are found among constants, with what follows them", () => {
  const code = [
    `\0abc/home/ann/.cargo/${REGISTRY}/openssl-src-300.5.5+3.5.5opensslsrc\0`,
    `/home/ann/.cargo/${REGISTRY}/lua-src-1.0.0/lua\0`,
    `/home/ann/.cargo/git/checkouts/repo-0123456789abcdef/abcdef1/inner`,
  ].join("");
  expect(sourcesInBytes(Buffer.from(code), "/home/ann/.cargo")).toEqual([
    { directory: REGISTRY, text: "openssl-src-300.5.5+3.5.5opensslsrc" },
    { directory: REGISTRY, text: "lua-src-1.0.0" },
    { directory: "git/checkouts/repo-0123456789abcdef", text: "abcdef1" },
  ]);
});

test.each([
  "/home/bob/.cargo/registry/src/index/a-1.0.0",
  "/home/ann/.cargo/registry/src",
  "/home/ann/.cargo/registry/src/index",
  "/home/ann/.cargo/registry/src/../cache",
  "/home/ann/.cargo/registry/src-old/index/a-1.0.0",
  "/home/ann/.cargo/credentials.toml",
])("%s names no package", (path) => {
  expect(sourcesInBytes(Buffer.from(`${path}\0`), "/home/ann/.cargo")).toEqual([]);
});
