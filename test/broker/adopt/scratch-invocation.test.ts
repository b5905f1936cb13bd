// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { scratchInvocation } from "../../../src/broker/adopt/scratch-invocation.ts";
import { parseCargoInvocation } from "../../../src/cargo/invocation.ts";

const scratch = (typed: string) => {
  const { args } = scratchInvocation(parseCargoInvocation(typed.split(" ")), "/shim", {
    target: "/s/target",
    build: "/s/build",
  });
  return args
    .join(" ")
    .replace(`--config build.rustc-wrapper="/shim" --config build.build-dir="/s/build"`, "OURS");
};

test.each([
  ["build --release", "OURS build --target-dir /s/target --release"],
  ["+nightly -Zx b --target-dir mine -p a", "OURS -Zx build --target-dir /s/target -p a"],
  ["test --workspace -- --nocapture", "OURS test --target-dir /s/target --no-run --workspace"],
  ["bench --no-run", "OURS bench --target-dir /s/target --no-run"],
  ["run --bin x -- its arguments", "OURS build --target-dir /s/target --bin x"],
  ["rustc --lib -- -Copt-level=1", "OURS rustc --target-dir /s/target --lib -- -Copt-level=1"],
  ["clippy -- -Dwarnings", "clippy OURS --target-dir /s/target -- -Dwarnings"],
  ["build --config a=1", "build OURS --target-dir /s/target --config a=1"],
])("`cargo %s` is asked as `cargo %s`", (typed, asked) => {
  expect(scratch(typed)).toBe(asked);
});

test.each(["doc", "install --path .", "miri test"])("`cargo %s` leaves nothing to adopt", (typed) => {
  expect(() => scratch(typed)).toThrow(/cannot be adopted/);
});
