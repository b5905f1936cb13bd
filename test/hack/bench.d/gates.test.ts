// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { type CompilerCall, parseNotes } from "../../../hack/bench.d/counting.ts";
import { type GateFacts, objectionTo } from "../../../hack/bench.d/gates.ts";

const facts: GateFacts = {
  scenario: "elsewhere",
  units: 3,
  dependents: ["app", "leaf"],
  leaf: "leaf",
  members: ["app"],
  linksUncached: false,
  incremental: false,
};

const APP: CompilerCall = { kind: "compile", package: "app", crate: "app", types: ["bin"] };
const LEAF: CompilerCall = { kind: "compile", package: "leaf", crate: "leaf", types: ["lib"] };
const SERDE: CompilerCall = { kind: "compile", package: "serde", crate: "serde", types: ["lib"] };
const MACRO: CompilerCall = { kind: "compile", package: "derive", crate: "derive", types: ["proc-macro"] };
const SCAN: CompilerCall = { ...SERDE, kind: "scan" };

describe("a warm build", () => {
  test("that compiled anything does not count, and says what", () => {
    expect(objectionTo([], facts)).toBeUndefined();
    expect(objectionTo([SERDE, APP], facts)).toBe("compiled 2 that it should not: serde, app");
  });

  test("may have asked the compiler for sources", () => {
    expect(objectionTo([SCAN], facts)).toBeUndefined();
  });

  test("of a tool that never caches what is linked may have linked", () => {
    const linking = { ...facts, linksUncached: true };
    expect(objectionTo([APP, MACRO], linking)).toBeUndefined();
    expect(objectionTo([APP, SERDE], linking)).toContain("serde");
    expect(objectionTo([APP], { ...linking, scenario: "noop" })).toContain("app");
  });

  test("may have compiled members where they are incremental", () => {
    expect(objectionTo([APP], { ...facts, incremental: true })).toBeUndefined();
    expect(objectionTo([LEAF], { ...facts, incremental: true })).toContain("leaf");
  });
});

test("a cold build that compiled too little is not cold", () => {
  const cold: GateFacts = { ...facts, scenario: "cold" };
  expect(objectionTo([APP, LEAF, SERDE], cold)).toBeUndefined();
  expect(objectionTo([APP, LEAF, SCAN], cold)).toBe("not cold: compiled 2 of 3");
});

test("after a bump, the leaf and what depends on it are compiled, and nothing else", () => {
  const bump: GateFacts = { ...facts, scenario: "bump" };
  expect(objectionTo([LEAF, APP], bump)).toBeUndefined();
  expect(objectionTo([LEAF, APP, SERDE], bump)).toContain("serde");
  expect(objectionTo([APP], bump)).toBe("did not compile the bumped crate");
});

test("after an edit, members are compiled, and nothing else", () => {
  const edit: GateFacts = { ...facts, scenario: "edit" };
  expect(objectionTo([APP], edit)).toBeUndefined();
  expect(objectionTo([APP, MACRO], { ...edit, linksUncached: true })).toContain("derive");
  expect(objectionTo([], edit)).toBe("did not compile the edited crate");
});

test("notes of the counter are read as it writes them", () => {
  expect(parseNotes("compile\tserde\tserde\tlib\nscan\tapp\tapp\tbin,test\n")).toEqual([
    SERDE,
    { kind: "scan", package: "app", crate: "app", types: ["bin", "test"] },
  ]);
  expect(() => parseNotes("nonsense\n")).toThrow("Not a note");
});
