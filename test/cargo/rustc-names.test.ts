// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { isStandardCpu, isStandardFeature, isStandardTriple } from "../../src/cargo/rustc-names.ts";

const print = (what: string) => execFileSync("rustc", ["--print", what], { encoding: "utf8" });

test("every target of the rustc here is standard, and nothing else looks like one", () => {
  const triples = print("target-list").trim().split("\n");
  expect(triples.length).toBeGreaterThan(200);
  expect(triples.filter((triple) => !isStandardTriple(triple))).toEqual([]);
  for (const triple of ["", "x86_64-acme-linux-gnu", "acme", "acme.json", "native"]) {
    expect(isStandardTriple(triple), triple).toBe(false);
  }
});

test("processors and features are those that rustc prints, without this machine's own", () => {
  const cpus = [...print("target-cpus").matchAll(/^ +([\w.+-]+)/gm)].map(([, name = ""]) => name);
  expect(cpus).toContain("native");
  expect(cpus.filter((name) => !isStandardCpu(name))).toEqual(["native"]);
  expect(isStandardFeature("avx2") && isStandardFeature("crt-static")).toBe(true);
  expect(isStandardFeature("acme") || isStandardFeature("") || isStandardCpu("acme")).toBe(false);
});
