// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { splitAdoptArguments } from "../src/adopt-arguments.ts";

test.each([
  ["", "", "build"],
  ["build --release", "", "build --release"],
  ["--release -p foo", "", "build --release -p foo"],
  ["--dry-run --color never test --workspace", "--dry-run --color never", "test --workspace"],
  ["-n +nightly check", "-n", "+nightly check"],
  ["+nightly --json", "--json", "+nightly build"],
  ["build --color never --json", "--json", "build --color never"],
  ["rustc -- --json -n --green-profile=ci", "--green-profile=ci", "rustc -- --json -n"],
  ["test -n", "", "test -n"],
])("of `cache adopt %s` ours are `%s`, and Cargo's `%s`", (typed, own, cargo) => {
  const words = (text: string) => (text === "" ? [] : text.split(" "));
  expect(splitAdoptArguments(words(typed))).toEqual({ own: words(own), cargo: words(cargo) });
});
