// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  expandBytes,
  expandDepInfo,
  hasEscapes,
  normaliseBytes,
  normaliseDepInfo,
} from "../../src/broker/bytes-text.ts";
import { makeRoots } from "../../src/cargo/roots.ts";

const here = makeRoots({
  WORKSPACE: "/home/zoë/my work",
  TARGET: "/home/zoë/my work/target",
  HOME: "/home/zoë",
});
const there = makeRoots({ WORKSPACE: "/w/other place", TARGET: "/w/other place/t", HOME: "/root" });

/** Any bytes at all, with paths, placeholders and halves of UTF-8 characters among them. */
const bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 4 }).map((each) => Buffer.from(each)),
      fc
        .constantFrom(
          "/home/zoë",
          "/home/zoë/my work",
          "/target",
          "@@green:",
          "@@",
          "HOME",
          "\\ ",
          " ",
          ":",
          "\n",
        )
        .map((each) => Buffer.from(each)),
      fc.constantFrom(Buffer.from([0xc3]), Buffer.from([0xff, 0x00])),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts));

describe("normaliseBytes and expandBytes", () => {
  it("give back any bytes as they were", () => {
    fc.assert(
      fc.property(bytes, (each) => {
        expect(expandBytes(normaliseBytes(each, here), here).equals(each)).toBe(true);
      }),
    );
  });

  it("move paths that are not ASCII to another place, and leave other bytes alone", () => {
    const text = normaliseBytes(Buffer.from("\xff /home/zoë/my work/src/ö.rs\n", "utf8"), here);
    expect(text).toContain("@@green:WORKSPACE@@/src/");
    expect(expandBytes(text, there).toString("utf8")).toBe("\xff /w/other place/src/ö.rs\n");
  });

  it("throw if there is no such place here", () => {
    const text = normaliseBytes(Buffer.from("/home/zoë/x"), here);
    expect(() => expandBytes(text, makeRoots({}))).toThrow(expect.objectContaining({ code: "not-found" }));
  });
});

describe("normaliseDepInfo and expandDepInfo", () => {
  const escaped = (path: string) => path.replaceAll(" ", "\\ ");
  const depInfo = (workspace: string) =>
    Buffer.from(
      `${escaped(workspace)}/target/a.d: ${escaped(workspace)}/src/lib.rs src/two\\ words.rs\n\n` +
        `${escaped(workspace)}/src/lib.rs:\nsrc/two\\ words.rs:\n\n# env-dep:OUT_DIR=${workspace}/target/out\n`,
    );

  it("move a workspace with blanks and umlauts in its path to one without, and back", () => {
    const plain = makeRoots({ WORKSPACE: "/plain", TARGET: "/plain/target" });
    const stored = normaliseDepInfo(depInfo("/home/zoë/my work"), here);
    expect(stored.toString()).not.toMatch(/zo|my/);
    expect(expandDepInfo(stored, plain).toString()).toBe(depInfo("/plain").toString());
    expect(
      expandDepInfo(normaliseDepInfo(depInfo("/plain"), plain), here).equals(depInfo("/home/zoë/my work")),
    ).toBe(true);
  });

  it("give back what rustc writes for any names as it was", () => {
    const name = fc
      .array(fc.constantFrom("a", " ", "é", "/home/zoë", "/my work", "@@green:", ".", "-"), {
        minLength: 1,
        maxLength: 6,
      })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const files = names.map(escaped);
        const text = Buffer.from(
          `/t/a.d: ${files.join(" ")}\n\n${files.map((file) => `${file}:\n`).join("")}`,
        );
        expect(expandDepInfo(normaliseDepInfo(text, here), here).toString()).toBe(text.toString());
      }),
    );
  });
});

describe("hasEscapes", () => {
  it.each(['/a"b/c', "/a\\b/c", "/a\nb/c", "/a\x1fb/c"])(
    "is true where JSON would write a root otherwise: %j",
    (path) => {
      expect(hasEscapes(makeRoots({ HOME: path }))).toBe(true);
      expect(JSON.stringify(path)).not.toBe(`"${path}"`);
    },
  );

  it("is false for blanks, quotes of one stroke and umlauts", () => {
    expect(hasEscapes(makeRoots({ HOME: "/home/o'zoë x" }))).toBe(false);
  });
});
