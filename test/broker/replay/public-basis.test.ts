// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { isEverybodysBasis } from "../../../src/broker/replay/public-basis.ts";

test("settings that are Cargo's own words could be anybody's", () => {
  for (const text of [
    ...["-Z build-std=core,alloc", "short", "-vv", "CARGO_PROFILE_RELEASE_LTO=fat", "RUST_VERSION=1.95.0"],
    ...[
      "RUSTFLAGS=-C target-cpu=x86-64-v3 -C link-arg=-fuse-ld=mold",
      "CARGO_BUILD_TARGET=wasm32-unknown-unknown",
    ],
    'profile = {"release":{"lto":"thin","debug":1,"build-override":{"opt-level":"s"}}}',
    'unstable = {"build-std":["std"]}\nbuild = {"target":"x86_64-unknown-linux-musl"}',
    'target = {"x86_64-unknown-linux-gnu":{"linker":"clang","rustflags":["-C","link-arg=-fuse-ld=lld"]}}',
  ])
    expect(isEverybodysBasis([text]), text).toBe(true);
});

test("settings that only somebody has are not told by a digest either", () => {
  for (const text of [
    ...[
      "RUSTFLAGS=--cfg acme",
      "RUST_ACME=1",
      "CARGO_ACME=1",
      "RUSTC=/opt/acme/rustc",
      "CARGO_BUILD_TARGET=acme.json",
    ],
    ...[
      'env = {"A":"1"}',
      'patch = {"crates-io":{}}',
      'profile = {"acme":{"lto":true}}',
      "acme",
      "CARGO_ACME = not TOML",
    ],
    ...['profile = {"dev":{"package":{"acme":{"opt-level":3}}}}', 'build = {"rustc":"/opt/acme/rustc"}'],
    ...[
      'target = {"x86_64-acme":{"linker":"cc"}}',
      'target = {"x86_64-unknown-linux-gnu":{"runner":"acme"}}',
    ],
    'target = {"x86_64-unknown-linux-gnu":{"linker":"/opt/acme/ld"}}',
    'build = {"rustflags":["--cfg","acme"]}',
  ])
    expect(isEverybodysBasis(["short", text]), text).toBe(false);
});
