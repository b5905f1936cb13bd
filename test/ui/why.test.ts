// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { BuildLog, BuildLogUnit } from "../../src/store/build-log.ts";
import { plain } from "../../src/ui/color.ts";
import { explainBuild } from "../../src/ui/explain.ts";
import { explanationJson } from "../../src/ui/json.ts";
import { formatWhy } from "../../src/ui/why.ts";
import type { UnitIdentity, UnitRecord } from "../../src/unit/record.ts";
import { sampleRecord } from "../store/fixtures/sample-record.ts";

const MINUTE = 60_000;

function identity(name: string, more: Partial<UnitIdentity> = {}): UnitIdentity {
  return { ...sampleRecord().identity, package: name, target: name, version: "1.0.0", ...more };
}

function built(name: string, inputs: Record<string, string>, more: Partial<BuildLogUnit> = {}): BuildLogUnit {
  return { identity: identity(name), outcome: "built", inputs, tookMs: 1, ...more };
}

function why(
  units: readonly BuildLogUnit[],
  records: Record<string, Record<string, string>>,
  width = 100,
): string {
  const build: BuildLog = {
    schema: 1,
    workspace: "/w",
    started: 0,
    finished: 0,
    command: ["cargo", "build"],
    units,
  };
  const nearest = ({ package: name }: UnitIdentity): UnitRecord | undefined => {
    const inputs = records[name];
    return inputs && sampleRecord({ inputs });
  };
  return formatWhy(build, explainBuild(build, { nearest }), 3 * MINUTE, { width, paint: plain });
}

test("what the build had to tell is told again", () => {
  const build: BuildLog = {
    schema: 1,
    workspace: "/w",
    started: 0,
    finished: 0,
    command: ["cargo"],
    notes: ["builds without a sandbox"],
    units: [],
  };
  const nothing = explainBuild(build, { nearest: () => undefined });
  const text = formatWhy(build, nothing, 3 * MINUTE, { width: 100, paint: plain });
  expect(text).toContain("\nnote: builds without a sandbox\n");
  expect(explanationJson(build, nothing)).toMatchObject({ build: { notes: build.notes } });
});

test("a changed setting is named once for all units that it reaches", () => {
  const flags = { RUSTFLAGS: "-C target-cpu=x86-64-v3" };
  const text = why(
    [
      built("memchr", flags),
      built("grep", { ...flags, "dependency memchr": "b" }),
      { ...built("rg", { ...flags, "dependency grep": "d" }), identity: identity("rg", { kind: "bin" }) },
      { identity: identity("libc"), outcome: "restored", tookMs: 1 },
    ],
    { memchr: {}, grep: { "dependency memchr": "a" }, rg: { "dependency grep": "c" } },
  );
  expect(text).toBe(`\`cargo build\`, 3 m ago: 1 unit restored, 3 units compiled
memchr 1.0.0 (lib) was built: an input changed
    RUSTFLAGS          (none) → -C target-cpu=x86-64-v3
   and 2 more units for the same reason
`);
});

test("causes come before what follows from them, and news before what is never kept", () => {
  const old = "a".repeat(64);
  const text = why(
    [
      { identity: identity("app"), outcome: "uncached", reason: "it is compiled incrementally", tookMs: 1 },
      built("top", { "dependency mid": "2" }),
      built("mid", { "dependency sys": "2" }),
      built("fresh", {}),
      built("sys", { "file src/lib.rs": "b".repeat(64), "env CC": "" }),
    ],
    {
      top: { "dependency mid": "1" },
      mid: { "dependency sys": "1" },
      sys: { "file src/lib.rs": old, "env CC": "gcc" },
    },
  );
  expect(text).toBe(`\`cargo build\`, 3 m ago: 0 units restored, 5 units compiled
sys 1.0.0 (lib) was built: inputs changed
    env CC             gcc → ""
    file src/lib.rs    aaaaaaaa… → bbbbbbbb…
fresh 1.0.0 (lib) was built: nothing comparable in the cache
top 1.0.0 (lib) was built: a dependency changed
    dependency mid     1 → 2
   and 1 more unit whose dependencies changed too
app 1.0.0 (lib) was built and not kept: it is compiled incrementally
`);
});

test("a variable's value is shown as it was set, without the mark that keys have", () => {
  const text = why([built("sys", { "env CC": "=clang", "env A": "=", "env B": "(unset)" })], {
    sys: { "env CC": "=gcc", "env A": "=1", "env B": "==" },
  });
  expect(text).toContain("    env CC             gcc → clang\n");
  expect(text).toContain('    env A              1 → ""\n');
  expect(text).toContain("    env B              = → (unset)\n");
});

test("what check and build make of a unit is told in these words, not in rustc's", () => {
  const [check, build, asm] = ["dep-info metadata", "dep-info metadata link", "dep-info asm"];
  const said = (old: string, now: string, more: Record<string, string> = {}) =>
    why([built("a", { emit: now, ...more })], { a: { emit: old } }).replace(/^.*\n/, "");
  const only = "a 1.0.0 (lib) was built: check and build are different units, and the cache had the other\n";
  expect(said(check, build)).toBe(only);
  expect(said(build, check)).toBe(only);
  expect(said(check, "dep-info link", { RUSTFLAGS: "-g" })).toContain(
    "    emit               metadata (cargo check) → code (cargo build)\n",
  );
  expect(said(asm, build)).toContain("    emit               asm → code (cargo build)\n");
});

test("long values and many inputs stay within the terminal", () => {
  const inputs = Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [`env VARIABLE_${n}`, "x".repeat(300)]),
  );
  const lines = why([built("a", inputs)], { a: {} }, 80)
    .trimEnd()
    .split("\n");
  expect(lines.at(-1)).toBe("    and 13 more inputs");
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

test("a selector narrows to a crate and a version", () => {
  const units = [built("serde", {}), built("libc", {})];
  const build: BuildLog = { schema: 1, workspace: "/w", started: 0, finished: 0, command: [], units };
  const asked = (version: string) =>
    explainBuild(build, { nearest: () => undefined }, { by: "crate", name: "serde", version }).units;
  expect([asked("^1"), asked("^2")]).toEqual([1, 0]);
});
