// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GreenError } from "../../src/error.ts";
import { parseRange, parseSelector } from "../../src/store/selector.ts";

describe("a selector", () => {
  test.each([
    ["serde", { by: "crate", name: "serde" }],
    ["regex-automata", { by: "crate", name: "regex-automata" }],
    ["abcdef", { by: "crate", name: "abcdef" }],
    ["serde@^1.0.200", { by: "crate", name: "serde", version: ">=1.0.200 <2.0.0-0" }],
    ["serde@1.0.228", { by: "crate", name: "serde", version: "1.0.228" }],
    ["serde@>=1, <1.5", { by: "crate", name: "serde", version: ">=1.0.0-0 <1.5.0-0" }],
    ["pkg:cargo/serde@1.0.228", { by: "crate", name: "serde", version: "1.0.228" }],
    ["pkg:cargo/deadbeef", { by: "crate", name: "deadbeef" }],
    ["pkg:cargo/wasi@0.11.0%2Bwasi-snapshot?arch=x#lib", { by: "crate", name: "wasi", version: "0.11.0" }],
    ["3fa81c02", { by: "key", prefix: "3fa81c02" }],
    ["key:3FA81C", { by: "key", prefix: "3fa81c" }],
  ])("%s", (text, selector) => {
    expect(parseSelector(text)).toEqual(selector);
  });

  test.each([
    "",
    "@1",
    "ser de",
    "-serde",
    "serde@",
    "serde@latest",
    "pkg:npm/serde",
    "pkg:cargo/",
    "pkg:cargo/%zz",
    "key:12345",
    "key:xyzxyz",
    "a/b",
    "../x",
  ])('"%s" is a usage error with a hint', (text) => {
    const error = thrownBy(() => parseSelector(text));
    expect(error.code).toBe("usage");
    expect(error.hint).toMatch(/write/);
  });

  test("any text is a selector or a usage error", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^(pkg:cargo\/|key:)?[\w@^.%-]*$/)),
        (text) => {
          try {
            const selector = parseSelector(text);
            if (selector.by === "key") expect(selector.prefix).toMatch(/^[0-9a-f]{6,64}$/);
            else expect(selector.name).toMatch(/^[\p{L}\p{N}_-]+$/u);
          } catch (error) {
            expect(error).toBeInstanceOf(GreenError);
          }
        },
      ),
    );
  });

  test("a name and an exact version come back, in both notations", () => {
    const name = fc.stringMatching(/^[g-z][a-z0-9_-]{0,20}$/);
    const version = fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999)).map((parts) => parts.join("."));
    fc.assert(
      fc.property(name, version, (crate, exact) => {
        const wanted = { by: "crate", name: crate, version: exact };
        expect(parseSelector(`${crate}@${exact}`)).toEqual(wanted);
        expect(parseSelector(`pkg:cargo/${crate}@${exact}`)).toEqual(wanted);
      }),
    );
  });
});

test("ranges are written as Cargo or npm have them, and errors name the flag", () => {
  expect(parseRange(">=1.90 <1.96", "--rustc")).toBe(parseRange(">=1.90, <1.96", "--rustc"));
  expect(thrownBy(() => parseRange("stable", "--rustc")).message).toBe(
    '--rustc: "stable" is not a version range',
  );
});

function thrownBy(work: () => unknown): GreenError {
  try {
    work();
  } catch (error) {
    if (error instanceof GreenError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
