// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseUnitUrl, unitUrl } from "../../src/containerfile/unit-url.ts";
import { UNIT_KINDS, type UnitIdentity } from "../../src/unit/record.ts";

const SERDE: UnitIdentity = {
  ...{ package: "serde", version: "1.0.228", source: "crates-io", target: "serde", kind: "lib" },
  ...{ features: ["derive", "std"], triple: "x86_64-unknown-linux-gnu", profile: "release" },
  ...{ rustc: "1.95.0", mode: "build" },
};

test("a unit's URL is a package URL with sorted qualifiers", () => {
  expect(unitUrl(SERDE)).toBe(
    "pkg:cargo/serde@1.0.228?features=derive,std&kind=lib&mode=build&profile=release&rustc=1.95.0&source=crates-io&target=serde&triple=x86_64-unknown-linux-gnu",
  );
  expect(unitUrl({ ...SERDE, features: [] })).not.toContain("features");
});

const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const identity: fc.Arbitrary<UnitIdentity> = fc.record({
  ...{ package: word, version: word, target: word, triple: word, profile: word, rustc: word },
  source: fc.constantFrom("crates-io", "registry", "git", "vendored", "path"),
  kind: fc.constantFrom(...UNIT_KINDS),
  mode: fc.constantFrom("build", "check", "clippy"),
  features: fc.array(word),
});

test("whatever a unit is called, its URL is one word and says the same again", () => {
  fc.assert(
    fc.property(identity, (unit) => {
      const url = unitUrl(unit);
      expect(url).toMatch(/^[!-~]+$/);
      expect(parseUnitUrl(url)).toEqual(unit);
    }),
  );
});

test.each([
  "sh",
  "pkg:cargo/serde@1.0.228",
  "pkg:cargo/serde@1.0.228?kind=lib",
  unitUrl(SERDE).replace("kind=lib", "kind=thing"),
  unitUrl(SERDE).replace("rustc=1.95.0", "rustc="),
  unitUrl(SERDE).replace("target=serde", "target=%zz"),
  ` ${unitUrl(SERDE)}`,
])("%j is no unit's URL", (text) => {
  expect(parseUnitUrl(text)).toBeUndefined();
});
