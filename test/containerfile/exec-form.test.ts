// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { execForm } from "../../src/containerfile/exec-form.ts";

/** An instruction's arguments, as the parsers of Docker and Buildah put its lines together. */
function parsed(text: string, continuation: string): unknown {
  const ends = new RegExp(`\\${continuation}[ \\t]*$`);
  let joined = "";
  for (const line of text.split("\n")) {
    expect(Buffer.byteLength(line)).toBeLessThan(65_535);
    expect(line).not.toMatch(/^\s*(?:#|$)/);
    joined += line.replace(/\r$/, "").replace(ends, "");
  }
  return JSON.parse(joined);
}

const text = fc
  .oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom(..."\\\\\"'`$#{} \n\r\t\u0001\u007f\u2028=[],é\u{1f980}<E") }),
  )
  .filter((each) => !each.includes("\0") && each.isWellFormed());
const long = fc
  .tuple(text, fc.integer({ min: 1, max: 6000 }))
  .map(([each, count]) => each.repeat(count).slice(0, 30_000));

test("arguments come out of a Containerfile as they were", () => {
  const argv = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: text },
      { weight: 1, arbitrary: long.filter((each) => each.isWellFormed()) },
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(argv, fc.constantFrom("\\", "`"), (given, continuation) => {
      expect(parsed(execForm(given, continuation, "    "), continuation)).toEqual(given);
    }),
    { numRuns: 300 },
  );
});

test.each(["a\0b", "\ud800"])("%j is no argument", (argument) => {
  expect(() => execForm([argument], "\\", "")).toThrow(expect.objectContaining({ code: "usage" }));
});
