// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { rotate } from "../../../hack/bench.d/builds.ts";
import { cleanEnv } from "../../../hack/bench.d/clean-env.ts";
import { dependentsOf, withoutProfiles } from "../../../hack/bench.d/projects.ts";
import { fillIn, TOOLS } from "../../../hack/bench.d/tools.ts";

test("a bump concerns the leaf and what depends on it, at any depth", () => {
  const lock = [["app", "middle", "other"], ["middle", "leaf 1.0.0"], ["other", "leafy"], ["leaf"], ["leafy"]]
    .map(([name, ...dependencies]) => {
      return `[[package]]\nname = "${name}"\nversion = "1.0.0"\ndependencies = ${JSON.stringify(dependencies)}\n`;
    })
    .join("\n");
  expect(dependentsOf("leaf", lock)).toEqual(["app", "leaf", "middle"]);
});

test("a manifest loses its profiles and nothing else", () => {
  const kept = '[package]\nname = "x"\n\n[[bin]]\nname = "y"\n\n';
  const lost = '[profile.release]\nlto = true\n\n[profile.dev.package."*"]\nopt-level = 1\n\n';
  expect(withoutProfiles(`${kept}${lost}[dependencies.profile]\nversion = "1"\n`)).toBe(
    `${kept}[dependencies.profile]\nversion = "1"\n`,
  );
});

test("every tool comes first in its turn", () => {
  expect([0, 1, 2, 3].map((by) => rotate(["a", "b", "c"], by).join(""))).toEqual([
    "abc",
    "bca",
    "cab",
    "abc",
  ]);
  expect(rotate([], 2)).toEqual([]);
});

test("no setting of Cargo, a cache or a CI service reaches a build", () => {
  const foreign = {
    RUSTC_WRAPPER: "x",
    CARGO_INCREMENTAL: "0",
    SCCACHE_DIR: "x",
    CI: "1",
    KACHE_CONFIG: "x",
  };
  const env = cleanEnv({ ...foreign, HOME: "/home/ann", CARGO_HOME: "/c", LC_ALL: "C" });
  expect(Object.keys(env).filter((name) => name in foreign)).toEqual([]);
  expect(env).toMatchObject({ HOME: "/home/ann", CARGO_HOME: "/c", LC_ALL: "C" });
});

test("all placeholders of all tools are known", () => {
  const values = { program: "P", cache: "C", runtime: "R", checkout: "O", checkouts: "O:O" };
  const texts = Object.values(TOOLS).flatMap(({ command, env, start, stop }) => [
    ...command,
    ...Object.values(env),
    ...[...start, ...stop].flat(),
  ]);
  expect(texts.map((text) => fillIn(text, values)).filter((text) => /[{}]/.test(text))).toEqual([]);
});
