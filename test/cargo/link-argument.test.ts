// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { namedInScript } from "../../src/cargo/link-argument.ts";

describe("namedInScript", () => {
  it("finds the files that a linker script reads, and no others", () => {
    const script = `/* INCLUDE old.x */ INCLUDE memory.x
      INPUT(crt.o, "two words.o" -lc) GROUP ( liba.a AS_NEEDED ( libb.so ) )
      SECTIONS { .text : { KEEP(*(.init)) } }`;
    expect(namedInScript(script)).toEqual(["memory.x", "crt.o", "two", "words.o", "liba.a", "libb.so"]);
    expect(namedInScript("{ global: x; local: *; };")).toEqual([]);
  });
});
