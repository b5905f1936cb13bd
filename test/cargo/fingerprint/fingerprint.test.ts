// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeExactJson } from "../../../src/cargo/fingerprint/exact-json.ts";
import {
  type HashedFingerprint,
  hashFingerprint,
  parseFingerprint,
  readFingerprint,
} from "../../../src/cargo/fingerprint/fingerprint.ts";
import { pathHash } from "../../../src/cargo/fingerprint/path-hash.ts";
import { fingerprintText, rewriteFingerprint } from "../../../src/cargo/fingerprint/rewrite-fingerprint.ts";

/** Of a build of ripgrep 15.1.0 by each Cargo: a line has a unit's hash file and its JSON. */
const FIXTURES = join(import.meta.dirname, "fixtures");
const recorded = readdirSync(FIXTURES).flatMap((cargo) =>
  readFileSync(join(FIXTURES, cargo), "latin1")
    .split("\n")
    .filter(Boolean)
    .map((line) => ({ cargo, hash: line.slice(0, 16), json: line.slice(17) })),
);

function read(json: string, hash: string): HashedFingerprint {
  const result = readFingerprint(json, hash);
  if (!result.ok) throw new Error(`${result.reason}: ${json}`);
  return result.fingerprint;
}

/** The first recorded fingerprint with all of some words in it. */
function recordedWith(...words: string[]): HashedFingerprint {
  const found = recorded.find(({ json }) => words.every((word) => json.includes(word)));
  return read(found?.json ?? "", found?.hash ?? "");
}

const unchanged = ({ deps }: HashedFingerprint) => new Map(deps.map(({ hash }) => [hash, hash]));

describe("a fingerprint", () => {
  test.each(recorded)("of $cargo, $hash, is reproduced and written again byte for byte", ({ hash, json }) => {
    const fingerprint = read(json, hash);
    expect(fingerprintText(fingerprint)).toBe(json);
    expect(fingerprint.local.length).toBeGreaterThan(0);
  });

  test("with one bit changed has another hash", () => {
    const { json, hash } = recorded[0] ?? { json: "", hash: "" };
    const other = json.replace(/"config":\d+/, '"config":1');
    expect(readFingerprint(other, hash)).toEqual({ ok: false, reason: "other-hash" });
  });

  test("that Cargo emptied before a compilation is dirty", () => {
    expect(readFingerprint(recorded[0]?.json ?? "", "")).toEqual({ ok: false, reason: "dirty" });
  });

  test("in a form that we do not know is not guessed at", () => {
    const { json, hash } = recorded[0] ?? { json: "", hash: "" };
    const forms = [
      json.replace("CheckDepInfo", "CheckSomething"),
      json.replace('"checksum":false', '"checksum":false,"more":1'),
      json.replace('"checksum":false', '"checksum":"blake3"'),
      json.replace('"compile_kind":0', '"compile_kind":0.5'),
      json.replace('"compile_kind":0', '"compile_kind":"0"'),
      json.replace('"compile_kind":0', '"compile_kind":"\\u0001"'),
      json.replace('"compile_kind":0', '"compile_kind":"\\u00010"'),
      json.replace('"compile_kind":0', '"compile_kind":18446744073709551616'),
      json.replace('"compile_kind":0', '"kind":0'),
      json.replace(",", ", "),
      json.slice(1),
    ];
    for (const form of forms) {
      expect(readFingerprint(form, hash), form).toEqual({ ok: false, reason: "unknown-form" });
    }
  });

  test("with numbers in its texts is read nonetheless", () => {
    const { json } = recordedWith("RerunIfChanged");
    const odd = ["a,12,b.rs", "[1]", ":2}", '"\\,3,'];
    const text = writeExactJson(json).replace('["build.rs"]', JSON.stringify(odd));
    const parsed = parseFingerprint(text);
    expect(parsed?.local[0]).toMatchObject({ paths: odd });
    expect(parsed === undefined ? "" : writeExactJson(parsed.json)).toBe(text);
  });

  test("with a field that only another Cargo knows keeps it where it was", () => {
    const { json, hash } = recorded[0] ?? { json: "", hash: "" };
    const newer = json.replace('"target"', '"newer":{"a":[18446744073709551615,null,"\\u001b\\n"]},"target"');
    expect(fingerprintText(read(newer, hash))).toBe(newer);
  });
});

describe("rewriting", () => {
  test("changes the path, the dependencies' hashes, and so the hash", () => {
    const from = recordedWith('"path":', "bin-rg", "textwrap");
    const path = pathHash("/other/src/main.rs");
    const [first] = from.deps;
    const own = from.hash;
    const deps = new Map([...unchanged(from), ...(first === undefined ? [] : [[first.hash, own] as const])]);
    const result = rewriteFingerprint(from, { path, deps });
    if (!result.ok) throw new Error(result.reason);
    const to = result.fingerprint;
    expect(to).toMatchObject({
      ...from,
      json: {},
      path,
      hash: to.hash,
      deps: [{ hash: own }, ...from.deps.slice(1)],
    });
    expect(to.hash).not.toBe(from.hash);
    expect(read(fingerprintText(to), to.hash)).toEqual(to);
    const back = rewriteFingerprint(to, {
      path: from.path,
      deps: new Map([...unchanged(to), [own, first?.hash ?? own]]),
    });
    expect(back).toEqual({ ok: true, fingerprint: from });
  });

  test("leaves a build script's run without a path", () => {
    const from = recordedWith("RerunIfChanged");
    const result = rewriteFingerprint(from, { path: 1n, deps: unchanged(from) });
    expect(result).toEqual({ ok: true, fingerprint: from });
  });

  test("gives absolute paths and values of variables their new places, or refuses", () => {
    const json = recordedWith("RerunIfChanged");
    const text = fingerprintText(json)
      .replace('"paths":["build.rs"]', '"paths":["build.rs","/old/data.txt"]')
      .replace('"val":null', '"val":"/old/dir"');
    const parsed = parseFingerprint(text);
    if (parsed === undefined) throw new Error(text);
    const from = { ...parsed, hash: hashFingerprint(parsed) };
    const move = (path: string) => path.replace("/old/", "/new/");
    const result = rewriteFingerprint(from, { deps: unchanged(from), reroot: { path: move, value: move } });
    if (!result.ok) throw new Error(result.reason);
    expect(fingerprintText(result.fingerprint)).toBe(text.replaceAll("/old/", "/new/"));
    expect(read(fingerprintText(result.fingerprint), result.fingerprint.hash)).toEqual(result.fingerprint);
    expect(rewriteFingerprint(from, { deps: unchanged(from) })).toEqual({
      ok: false,
      reason: "no-place",
      detail: "/old/data.txt",
    });
  });

  test("needs every dependency's new hash", () => {
    const from = recordedWith("textwrap");
    const detail = from.deps[0]?.hash;
    expect(rewriteFingerprint(from, { deps: new Map() })).toEqual({
      ok: false,
      reason: "unknown-dependency",
      detail,
    });
  });

  test("refuses what is true of one checkout only: the newest file's time", () => {
    const from = recordedWith("Precalculated");
    expect(rewriteFingerprint(from, { deps: unchanged(from) })).toMatchObject({ ok: false, reason: "mtime" });
  });
});
