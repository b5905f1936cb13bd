// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { namesInBytes } from "../../src/cargo/names-in-bytes.ts";

describe("namesInBytes", () => {
  it("finds what a plain search finds", () => {
    const letters = fc.stringMatching(/^[AB_]{0,6}$/);
    fc.assert(
      fc.property(fc.array(letters), fc.array(letters), (pieces, names) => {
        const bytes = Buffer.from(pieces.join("\0"));
        const plain = names.filter((name) => name !== "" && bytes.includes(name));
        expect([...namesInBytes(bytes, names)].sort()).toEqual([...new Set(plain)].sort());
      }),
      { numRuns: 1000 },
    );
  });

  it("finds names of any length at both ends", () => {
    const long = "A_VERY_LONG_NAME_OF_A_VARIABLE_THAT_GOES_ON";
    expect([...namesInBytes(Buffer.from(`${long}x PATH`), [long, "PATH", `${long}Y`])].sort()).toEqual([
      long,
      "PATH",
    ]);
  });

  it("finds the one of a hundred names that stands in an executable", () => {
    const bytes = readFileSync(process.execPath);
    const names = Array.from({ length: 100 }, (_, at) => `SOME_VARIABLE_NAME_${at}_`);
    expect(namesInBytes(bytes, [...names, "NODE_OPTIONS"])).toEqual(new Set(["NODE_OPTIONS"]));
  });
});
