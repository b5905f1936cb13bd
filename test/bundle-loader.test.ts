// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";
import { beforeEach, expect, test } from "vitest";
import { bundleLoader, placeOfShippedCode } from "../src/bundle-loader.ts";
import { temporaryDirectory } from "./store/fixtures/temporary-directory.ts";

const MINUTE_MS = 60_000;
/** Of a file without code. */
const HEADER_BYTES = 8;
const require = createRequire(import.meta.filename);
let dist: string;
let cache: string;

beforeEach(() => {
  dist = temporaryDirectory();
  cache = join(temporaryDirectory(), "v8");
  writeFileSync(
    join(dist, "entry.cjs"),
    'const { twice } = require("./other.cjs"); exports.answer = () => twice(21) + require("node:path").sep + __dirname;',
  );
  writeFileSync(join(dist, "other.cjs"), "module.exports = { twice: (n) => 2 * n };");
});

/** A process that loads the entry, calls it, and ends at `now`. */
function run(now: number): unknown {
  for (const name of ["entry", "other"]) delete require.cache[join(dist, `${name}.cjs`)];
  const loader = bundleLoader(dist, cache);
  const { answer } = loader.load("./entry.cjs") as { answer(): unknown };
  const answered = answer();
  expect(loader.load("./entry.cjs")).toBe(loader.load("./entry.cjs"));
  loader.keep(now);
  return answered;
}

/** When kept code of this name was made first, by the name of its bundle. */
function kept(): Record<string, number> {
  return Object.fromEntries(
    readdirSync(cache).map((name) => [name.split("-")[0], readFileSync(join(cache, name)).readDoubleLE(0)]),
  );
}

/** Tests do not wait. */
function setMade(madeMs: number): void {
  for (const name of readdirSync(cache)) utimesSync(join(cache, name), madeMs / 1000, madeMs / 1000);
}

const sizes = () => readdirSync(cache).map((name) => statSync(join(cache, name)).size);
const made = () => readdirSync(cache).map((name) => statSync(join(cache, name)).mtimeMs);

test("bundles find each other, Node's modules and their own place", () => {
  const { answer } = bundleLoader(dist, undefined).load("./entry.cjs") as { answer(): unknown };
  expect(answer()).toBe(`42/${dist}`);
  // As oclif finds the bundle of commands, in which it is itself.
  expect(require(join(dist, "entry.cjs"))).toHaveProperty("answer", answer);
});

test("compiled code is kept by the second process, and renewed when it is twice as old as it was", () => {
  const first = 1_700_000_000_000;
  expect(run(first)).toBe(`42/${dist}`);
  expect(kept()).toEqual({ entry: first, other: first });
  expect(sizes()).toEqual([HEADER_BYTES, HEADER_BYTES]);
  run(first + MINUTE_MS);
  expect(Math.min(...sizes())).toBeGreaterThan(HEADER_BYTES);
  setMade(first + MINUTE_MS);
  run(first + 2 * MINUTE_MS);
  expect(made()).toEqual([first + MINUTE_MS, first + MINUTE_MS]);
  run(first + 2 * MINUTE_MS + 1);
  expect(made()).not.toContain(first + MINUTE_MS);
  expect(kept()).toEqual({ entry: first, other: first });
});

test("code of another version has another name, and goes when it is a week old", () => {
  const first = Date.now();
  run(first);
  setMade(first);
  writeFileSync(join(dist, "other.cjs"), "module.exports = { twice: (n) => 3 * n };");
  expect(run(first)).toBe(`63/${dist}`);
  expect(readdirSync(cache)).toHaveLength(3);
  writeFileSync(join(dist, "other.cjs"), "module.exports = { twice: (n) => 4 * n };");
  setMade(first);
  run(first + 8 * 24 * 60 * MINUTE_MS);
  expect(readdirSync(cache).filter((name) => name.startsWith("other-"))).toHaveLength(1);
});

test("what cannot be used is made anew, and is no error", () => {
  run(1_700_000_000_000);
  for (const name of readdirSync(cache)) writeFileSync(join(cache, name), "not what V8 made");
  const elsewhere = temporaryDirectory(); // V8 remembers by its name what it has compiled in this process
  cpSync(dist, elsewhere, { recursive: true });
  dist = elsewhere;
  expect(run(1_700_000_000_001)).toBe(`42/${dist}`);
  expect(kept()).toEqual({ entry: 1_700_000_000_001, other: 1_700_000_000_001 });
});

/** Puts code beside the bundles for other.cjs that gives itself away: it is that of a text of the same length. */
function shipImpostor(): void {
  const source = readFileSync(join(dist, "other.cjs"), "utf8");
  const text = `(function (exports, require, module, __filename, __dirname) { ${source.replace("2", "4")}\n});`;
  const script = new Script(text, { filename: join(dist, "impostor.cjs") });
  const module: { exports: { twice?(n: number): number } } = { exports: {} };
  script.runInThisContext()(module.exports, undefined, module);
  expect(module.exports.twice?.(1)).toBe(4);
  mkdirSync(placeOfShippedCode(dist), { recursive: true });
  const name = `other-${hash("sha256", source).slice(0, 16)}`;
  writeFileSync(join(placeOfShippedCode(dist), name), script.createCachedData());
}

test("code that was shipped is used until some is kept", () => {
  const first = 1_700_000_000_000;
  shipImpostor();
  expect(run(first)).toBe(`84/${dist}`);
  expect(sizes()).toEqual([HEADER_BYTES, HEADER_BYTES]);
  run(first + MINUTE_MS);
  expect(Math.min(...sizes())).toBeGreaterThan(HEADER_BYTES);
});

test("shipped code that V8 refuses is as if there was none", () => {
  const first = 1_700_000_000_000;
  shipImpostor();
  const place = placeOfShippedCode(dist);
  for (const name of readdirSync(place)) writeFileSync(join(place, name), "not what V8 made");
  expect(run(first)).toBe(`42/${dist}`);
  run(first + MINUTE_MS);
  expect(Math.min(...sizes())).toBeGreaterThan(HEADER_BYTES);
});

test("a place that cannot be written to is no error", () => {
  writeFileSync(cache, "a file");
  expect(run(0)).toBe(`42/${dist}`);
});
