// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { ContainerUnit } from "../../src/containerfile/container-unit.ts";
import { readUnit, writeUnit } from "../../src/containerfile/stored-unit.ts";
import { unitIdentities } from "../../src/containerfile/unit-identity.ts";
import { digestOf } from "../../src/unit/digest.ts";

const base = { kind: "image", reference: "a@sha256:1", platform: "linux/amd64" } as const;
const low: ContainerUnit = {
  ...{ name: "low 1.0.0 (lib)", base, cwd: "/green/work", argv: ["rustc", "low"], output: "/out" },
  ...{ network: false, env: new Map([["CARGO_PKG_NAME", "low"]]) },
  inputs: [
    { kind: "tree", target: "/low", tree: { directory: "/here/low", identity: "x", files: undefined } },
    { kind: "file", target: "/f", file: { path: "/here/f", digest: digestOf("f"), executable: true } },
  ],
};
const high: ContainerUnit = {
  ...{ ...low, name: "high", argv: ["rustc", "high"] },
  env: new Map([
    ["API_TOKEN", "hidden"],
    ["A", "1"],
  ]),
  inputs: [
    { kind: "output", target: "/a", unit: low, path: "liba.rlib" },
    { kind: "output", target: "/b", unit: low, path: "liba.so" },
  ],
};

test("reads what it wrote, one unit once, and without what secrets say", () => {
  const identityOf = unitIdentities();
  const texts = new Map([low, high].map((unit) => [identityOf(unit), writeUnit(unit, identityOf)]));
  expect([...texts.values()].join("")).not.toContain("hidden");
  const { unit, withheld } = readUnit(identityOf(high), (identity) => texts.get(identity));
  expect(withheld).toEqual(["API_TOKEN"]);
  expect(unit).toEqual({ ...high, env: new Map([["A", "1"]]) });
  const [one, other] = unit.inputs.map((input) => (input.kind === "output" ? input.unit : undefined));
  expect(one).toBe(other);
});

test("says so if what a unit is made of is forgotten", () => {
  const identityOf = unitIdentities();
  const find = (identity: string) =>
    identity === identityOf(high) ? writeUnit(high, identityOf) : undefined;
  expect(() => readUnit(identityOf(high), find)).toThrow("not remembered any more");
});
