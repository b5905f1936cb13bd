// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { pathHash, sourcePath } from "../../../src/cargo/fingerprint/path-hash.ts";
import { sipHash128 } from "../../../src/cargo/fingerprint/sip-hash-128.ts";
import { StableHasher } from "../../../src/cargo/fingerprint/stable-hasher.ts";

/** What a program with rustc-stable-hash 0.1.2 says, built with Rust 1.95 and 1.97-nightly alike. */
describe("the hasher", () => {
  test.each([
    [0, 2069994364910194474n],
    [1, 10413010387599705751n],
    [4, 16187291068757875007n],
    [7, 4690384527073784568n],
    [8, 12918625795541422872n],
    [9, 18390743509638627494n],
    [15, 10393488805818808620n],
    [16, 6687979748914023712n],
    [31, 5150981210468571121n],
    [63, 9278660778865649777n],
    [64, 16275453401295402162n],
    [65, 5402747310684173862n],
  ])("hashes %d bytes as the crate does", (length, hash) => {
    const bytes = Uint8Array.from({ length }, (_, at) => at * 7 + length);
    expect(sipHash128(bytes, length)).toBe(hash);
  });

  test("feeds strings, slices, enums and options as Rust does", () => {
    expect(new StableHasher().str("rustc").finish()).toBe(3974700311892593561n);
    expect(new StableHasher().halves(2).u64(1n).u64(2n).finish()).toBe(14715938866717588506n);
    const variants = new StableHasher().discriminant(0).u8(3).discriminant(1).discriminant(0).bool(true);
    expect(variants.finish()).toBe(1290448045922041505n);
    const large = new StableHasher().discriminant(1).discriminant(1).str("x").discriminant(300);
    expect(large.str("\xc3\xa9").finish()).toBe(3406345888836416954n);
  });

  test("hashes more than it has room for", () => {
    const whole = new StableHasher().bytes("ab".repeat(5000));
    const parts = new StableHasher();
    for (let at = 0; at < 5000; at++) parts.bytes("ab");
    expect(whole.finish()).toBe(parts.finish());
  });

  test("refuses text that is not bytes", () => {
    expect(() => new StableHasher().str("世")).toThrow(/latin1/);
  });
});

describe("the hash of a path", () => {
  test.each([
    ["", 7112630320646785249n],
    ["/", 7112630320646785249n],
    ["a", 8901929722769497472n],
    ["/a", 8901929722769497472n],
    ["a/b", 11386659789208047217n],
    ["ab", 11051913240724057937n],
    ["a//b", 11386659789208047217n],
    ["a/./b", 11386659789208047217n],
    ["./a/b", 5239241918472218190n],
    ["a/b/.", 11386659789208047217n],
    ["a/b/", 11386659789208047217n],
    ["a/..", 9049003735991086713n],
    ["../a", 9909736132450854828n],
    [
      "/home/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/serde-1.0.228/src/lib.rs",
      2193437995498837492n,
    ],
    ["src/lib.rs", 10763286916239946207n],
    ["a/.b", 5694556446827747319n],
    [".", 14351438329726066351n],
    ["..", 2273095373050824556n],
    [Buffer.from("dép/世界.rs").toString("latin1"), 10741641105063759443n],
    ["./.", 14351438329726066351n],
    ["/./a", 8901929722769497472n],
    ["a/././b", 11386659789208047217n],
  ])("%j is Rust's", (path, hash) => expect(pathHash(path)).toBe(hash));

  test.each([
    ["/w/p/src/lib.rs", true, "p/src/lib.rs"],
    ["/w2/src/lib.rs", true, "/w2/src/lib.rs"],
    ["/w/vendor/p/src/lib.rs", false, "/w/vendor/p/src/lib.rs"],
  ])("of %s, a path package: %s, is that of %s", (file, isPathPackage, path) => {
    expect(sourcePath({ file, isPathPackage, workspaceRoot: "/w" })).toBe(path);
  });
});
