// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { expect, test } from "vitest";
import { removeToml } from "../../src/setup/toml-remove.ts";

const TABLE = ["builders", "a"];

test.each([
  ["", ""],
  ["log = 'info'\n", "log = 'info'\n"],
  ["[builders.a]\nurl = 'x'\n", ""],
  ["log = 'info'\n\n[builders.a]\nurl = 'x' # mine\ndriver = 'remote'\n", "log = 'info'\n"],
  [
    "[builders.a]\n# old\nurl = 'x'\n\n# about b\n[builders.b]\nurl = 'y'\n",
    "\n# about b\n[builders.b]\nurl = 'y'\n",
  ],
  ["a = 1\r\n\r\n[builders.a]\r\nurl = 'x'\r\n\r\n[b]\r\nc = 1\r\n", "a = 1\r\n\r\n[b]\r\nc = 1\r\n"],
  ["builders.a.url = 'x'\nbuilders.b.url = 'y'\n", "builders.b.url = 'y'\n"],
  ["[builders]\na.url = 'x'\na.driver = 'remote'\nb.url = 'y'\n", "[builders]\nb.url = 'y'\n"],
  ["[builders]\na = { url = 'x' }\n", "[builders]\n"],
  ["[ builders . 'a' ]\nurl = '''\n[b]\n'''\n[c]\n", "[c]\n"],
  ["[builders.ab]\nurl = 'x'", "[builders.ab]\nurl = 'x'"],
])("of a table, %j becomes %j", async (before, after) => {
  expect(await removeToml("green.toml", before, TABLE)).toBe(after);
});

test("what stands in a line that has to stay is left, and nothing is lost", async () => {
  await expect(
    removeToml("green.toml", "builders = { a = { url = 'x' }, b = { url = 'y' } }\n", TABLE),
  ).rejects.toMatchObject({
    message: '"green.toml" is written in a way that builders.a cannot be removed',
  });
});

test("of a value, the whole line goes", async () => {
  expect(await removeToml("f", "builder = 'a' # best\nlog = 'off'\n", ["builder"])).toBe("log = 'off'\n");
});

test("whatever stands in a file, one thing goes and nothing else", async () => {
  const key = fc.constantFrom("a", "b", "builders", "x y", "é");
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.array(fc.string()));
  const table = fc.dictionary(
    key,
    fc.oneof(leaf, fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf)))),
  );
  await fc.assert(
    fc.asyncProperty(table, async (root) => {
      const text = stringify(root);
      const after = await removeToml("f", text, TABLE);
      const wanted = structuredClone(root) as { builders?: unknown };
      if (
        typeof wanted.builders === "object" &&
        wanted.builders !== null &&
        !Array.isArray(wanted.builders)
      ) {
        delete (wanted.builders as Record<string, unknown>)["a"];
      }
      const withoutEmpty = (value: unknown): unknown => JSON.parse(JSON.stringify(value, pruned));
      expect(withoutEmpty(parse(after))).toEqual(withoutEmpty(wanted));
    }),
  );
});

/** Leaves tables out that hold nothing, from the inside. */
function pruned(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value)
    .map(([key, below]) => [key, pruned(key, below)] as const)
    .filter(
      ([, below]) =>
        !(
          typeof below === "object" &&
          below !== null &&
          !Array.isArray(below) &&
          Object.keys(below).length === 0
        ),
    );
  return Object.fromEntries(entries);
}
