// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Digest, digestOf, type InstanceId, isSha256, type UnitKey } from "../../src/unit/digest.ts";
import { canonicalJson, instanceOf, preKeyOf, unitKeyOf } from "../../src/unit/key.ts";

/** Names and values that look alike, quotes, newlines, lone surrogates and `__proto__` among them. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom("", '","', "\n", "\ud800", "é", "e\u0301", "__proto__", "constructor"),
);
const entries = fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 6 });

describe("keys", () => {
  it("do not depend on the order in which inputs were found", () => {
    fc.assert(
      fc.property(entries, fc.integer(), (pairs, seed) => {
        const other = [...pairs].sort(([a], [b]) => (digestOf(a + seed) < digestOf(b + seed) ? -1 : 1));
        expect(unitKeyOf(Object.fromEntries(other))).toBe(unitKeyOf(Object.fromEntries(pairs)));
        expect(preKeyOf(Object.fromEntries(other))).toBe(preKeyOf(Object.fromEntries(pairs)));
      }),
    );
  });

  it("differ as soon as one name or value does, is added or is missing", () => {
    fc.assert(
      fc.property(entries, entries, (some, others) => {
        const asText = (pairs: readonly (readonly [string, string])[]) =>
          [...pairs].map((pair) => JSON.stringify(pair)).sort();
        fc.pre(JSON.stringify(asText(some)) !== JSON.stringify(asText(others)));
        expect(unitKeyOf(Object.fromEntries(some))).not.toBe(unitKeyOf(Object.fromEntries(others)));
      }),
    );
    const one = { a: "1", b: "2" };
    const keys = [one, { a: "1" }, { a: "2", b: "1" }, { a: "1", b: "" }, { a: '1","b","2' }, {}].map(
      unitKeyOf,
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("of the two kinds differ for equal inputs, and are sha256 of the schema and canonical JSON", () => {
    const inputs = { b: "2", a: "1" };
    expect(canonicalJson(inputs)).toBe('[["a","1"],["b","2"]]');
    expect(unitKeyOf(inputs)).toBe(
      createHash("sha256").update('unit 3\n[["a","1"],["b","2"]]').digest("hex"),
    );
    expect(preKeyOf(inputs)).not.toBe(unitKeyOf(inputs));
  });
});

describe("instanceOf", () => {
  const key = unitKeyOf({ a: "1" });
  const file = (path: string, content: string) => ({ path, digest: digestOf(content) });
  const instance = (name: string) => digestOf(name) as string as InstanceId;

  it("depends on the key, the primary outputs and the dependencies, in any order", () => {
    const files = [file("liba.rmeta", "x"), file("liba.so", "y")];
    const below = [instance("b"), instance("c")];
    const whole = instanceOf(key, files, below);
    expect(instanceOf(key, files.toReversed(), below.toReversed())).toBe(whole);
    const others = [
      instanceOf(unitKeyOf({ a: "2" }), files, below),
      instanceOf(key, files.slice(1), below),
      instanceOf(key, [file("liba.rmeta", "y"), file("liba.so", "x")], below),
      instanceOf(key, files, below.slice(1)),
      instanceOf(key, files, [instance("b"), instance("b"), instance("c")]),
      instanceOf(key, [], below),
    ];
    expect(new Set([whole, ...others]).size).toBe(others.length + 1);
  });

  it("does not take a file for a dependency", () => {
    const digest = digestOf("x");
    const asFile = instanceOf(key, [{ path: "", digest }], []);
    const asDependency = instanceOf(key, [], [` ${digest}` as InstanceId]);
    expect(asFile).not.toBe(asDependency);
  });
});

describe("digestOf", () => {
  it("is sha256 of bytes, and of text as UTF-8", () => {
    expect(digestOf("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(digestOf("é")).toBe(digestOf(Buffer.from([0xc3, 0xa9])));
  });

  it("is what isSha256 accepts, which nothing else is", () => {
    const digest: Digest = digestOf("x");
    const key: UnitKey = unitKeyOf({});
    expect([digest, key].every(isSha256)).toBe(true);
    for (const other of ["", digest.slice(1), `${digest}\n`, digest.toUpperCase(), `${digest.slice(1)}g`]) {
      expect(isSha256(other), JSON.stringify(other)).toBe(false);
    }
  });
});
