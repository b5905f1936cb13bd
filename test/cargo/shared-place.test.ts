// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { isSharedPlace } from "../../src/cargo/shared-place.ts";

test.each([
  "/usr/bin/cc",
  "/usr/lib/x86_64-linux-gnu",
  "/lib64",
  "/tmp",
  "/tmp/",
  "/usr/local/lib",
  "/nix/store/x-gcc",
])("%s is everybody's", (path) => {
  expect(isSharedPlace(path)).toBe(true);
});

test.each([
  ...[
    "/home/alice",
    "/opt/acme",
    "/tmp/acme",
    "/usr/local/lib/acme",
    "/usr/local/acme",
    "/usr/src/acme",
    "/srv/a",
  ],
  ...["/usr/lib/../../home/alice", "usr/lib", "", "acme", "/library", "/usrlocal/x", "/root/x"],
])("%s may be somebody's", (path) => {
  expect(isSharedPlace(path)).toBe(false);
});
