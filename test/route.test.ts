// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { route } from "../src/route.ts";

test.each([
  ["", "screen", ""],
  ["--help", "screen", ""],
  ["help", "screen", ""],
  ["-V", "version", ""],
  ["--version", "version", ""],
  ["cache ls serde", "commands", "cache ls serde"],
  ["help cache ls", "commands", "cache ls --help"],
  ["+nightly cache ls", "commands", "cache ls"],
  ["+nightly cache adopt build", "commands", "cache adopt +nightly build"],
  ["builder ls", "commands", "builder ls"],
  ["help builder use", "commands", "builder use --help"],
  ["config show", "commands", "config show"],
  ["config get build", "cargo", "config get build"],
  ["env RUSTC_WRAPPER", "commands", "env RUSTC_WRAPPER"],
  ["broker --socket x", "broker", "--socket x"],
  ["build --release", "cargo", "build --release"],
  ["+nightly build", "cargo", "+nightly build"],
  ["help build", "cargo", "help build"],
  ["build --help", "cargo", "build --help"],
  ["-v build", "cargo", "-v build"],
  ["nextest run", "cargo", "nextest run"],
  ["run -- cache", "cargo", "run -- cache"],
])("cargo green %s goes to %s", (typed, to, args) => {
  const words = (text: string) => (text === "" ? [] : text.split(" "));
  expect(route(words(typed))).toEqual({ to, args: words(args) });
});

test("what is Cargo's reaches it unchanged", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (argv) => {
      const { to, args } = route(["build", ...argv]);
      expect([to, args]).toEqual(["cargo", ["build", ...argv]]);
    }),
  );
});
