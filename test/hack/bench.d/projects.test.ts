// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { rotate } from "../../../hack/bench.d/builds.ts";
import { cleanEnv } from "../../../hack/bench.d/clean-env.ts";
import { withoutProfiles } from "../../../hack/bench.d/projects.ts";
import { fillIn, TOOLS } from "../../../hack/bench.d/tools.ts";
import { countUnits, dependentsOf } from "../../../hack/bench.d/units.ts";

test("a bump concerns the leaf and what depends on it, at any depth, in this build", () => {
  const unit = (pkg_id: string, ...dependencies: number[]) => {
    return { pkg_id, mode: "build", dependencies: dependencies.map((index) => ({ index })) };
  };
  const units = [
    unit("path+file:///work/app-1.0.0#app@1.0.0", 1, 2),
    unit("registry+https://example.org/index#middle@2.1.0", 3, 4),
    unit("path+file:///work/other#0.1.0", 5),
    { ...unit("registry+https://example.org/index#leaf@1.0.0"), mode: "run-custom-build" },
    unit("registry+https://example.org/index#leaf@1.0.0", 3),
    unit("registry+https://example.org/index#leafy@1.0.0"),
  ];
  expect(dependentsOf("leaf", { units })).toEqual(["app", "leaf", "middle"]);
  expect(dependentsOf("leafy", { units })).toEqual(["app", "leafy", "other"]);
  expect(countUnits({ units })).toEqual({ units: 6, compilations: 5 });
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
