// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { describe, expect, test } from "vitest";
import { setTomlValue } from "../../src/setup/toml-edit.ts";

const wrapper = { path: ["build", "rustc-wrapper"], literal: '"W"' } as const;
const top = { path: ["keep-size"], literal: '"1GB"' } as const;

describe("a value in a table", () => {
  test.each([
    ["", '[build]\nrustc-wrapper = "W"\n'],
    ["# mine", '# mine\n\n[build]\nrustc-wrapper = "W"\n'],
    ["[net]\r\noffline = true\r\n", '[net]\r\noffline = true\r\n\r\n[build]\r\nrustc-wrapper = "W"\r\n'],
    ["[build] # here\njobs = 4", '[build] # here\nrustc-wrapper = "W"\njobs = 4'],
    ["[build]", '[build]\nrustc-wrapper = "W"\n'],
    ["[ 'build' ]\r\njobs = 4\r\n", "[ 'build' ]\r\nrustc-wrapper = \"W\"\r\njobs = 4\r\n"],
    ["[build]\nrustc-wrapper = 'sccache' # fast\n", '[build]\nrustc-wrapper = "W" # fast\n'],
    ["build.rustc-wrapper='x'\n[a]\n", 'build.rustc-wrapper="W"\n[a]\n'],
    ["build = { jobs = 4 }\n", 'build = { rustc-wrapper = "W", jobs = 4 }\n'],
    ["build = {}\n", 'build = { rustc-wrapper = "W" }\n'],
    ["build.jobs = 4\n[a]\nb = 1\n", 'build.jobs = 4\nbuild.rustc-wrapper = "W"\n[a]\nb = 1\n'],
    ["[build.x]\ny = 1\n", '[build.x]\ny = 1\n\n[build]\nrustc-wrapper = "W"\n'],
    ["\uFEFF[a]\n", '\uFEFF[a]\n\n[build]\nrustc-wrapper = "W"\n'],
    ['a = """\n[build]\n"""\n', 'a = """\n[build]\n"""\n\n[build]\nrustc-wrapper = "W"\n'],
    ["[target]\nx.linker = 'l'\n", "[target]\nx.linker = 'l'\n\n[build]\nrustc-wrapper = \"W\"\n"],
  ])("%j becomes %j", async (before, after) => {
    expect(await setTomlValue("config.toml", before, wrapper)).toBe(after);
  });

  test("that dotted keys below another header made", async () => {
    const change = { path: ["target", "x86_64-a-b", "rustflags"], literal: "[]" } as const;
    expect(await setTomlValue("f", "[target]\nx86_64-a-b.linker = 'l'\n[a]\n", change)).toBe(
      "[target]\nx86_64-a-b.linker = 'l'\nx86_64-a-b.rustflags = []\n[a]\n",
    );
  });

  test("is refused where no table can be, and nothing is lost", async () => {
    await expect(setTomlValue("config.toml", "build = 3\n", wrapper)).rejects.toMatchObject({
      message: '"config.toml" is written in a way that build.rustc-wrapper cannot be added to',
    });
  });
});

test.each([
  ["", 'keep-size = "1GB"\n'],
  ["# only words", '# only words\nkeep-size = "1GB"\n'],
  [
    "log = 'info' # why\n\n# about team\n[remotes.team]\n",
    "log = 'info' # why\nkeep-size = \"1GB\"\n\n# about team\n[remotes.team]\n",
  ],
  ["[remotes.team]\nkeep-size = 1\n", 'keep-size = "1GB"\n[remotes.team]\nkeep-size = 1\n'],
  ["x = [\n1,\n]", 'x = [\n1,\n]\nkeep-size = "1GB"\n'],
])("at the root, %j becomes %j", async (before, after) => {
  expect(await setTomlValue("green.toml", before, top)).toBe(after);
});

test("whatever stands in a file, one value changes and nothing else", async () => {
  const key = fc.constantFrom("a", "build", "rustc-wrapper", "x y", "é");
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.array(fc.string()));
  const table = fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf)));
  await fc.assert(
    fc.asyncProperty(table, async (document) => {
      const build = document["build"];
      fc.pre(build === undefined || (typeof build === "object" && !Array.isArray(build)));
      const before = stringify(document);
      const after = parse(await setTomlValue("f", before, wrapper));
      const expected = { ...parse(before), build: { ...(build as object), "rustc-wrapper": "W" } };
      expect(JSON.parse(JSON.stringify(after))).toEqual(JSON.parse(JSON.stringify(expected)));
    }),
  );
});
