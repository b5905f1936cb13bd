// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { secretsIn } from "../../../src/unit/leaks/private-words.ts";
import { wordsOf } from "./words.ts";

const texts = (facts: Parameters<typeof wordsOf>[0]) => wordsOf(facts).words.map(({ text }) => text);

describe("privateWords", () => {
  test("looks for a user's name, and of a name that many have only for a home of it", () => {
    expect(texts({ userNames: ["alice"] })).toContain("alice");
    for (const name of ["root", "runner", "Ubuntu", "max"]) {
      expect(texts({ userNames: [name] })).toEqual(
        expect.arrayContaining([`/home/${name}`, `/Users/${name}`, `\\Users\\${name}`]),
      );
      expect(texts({ userNames: [name] })).not.toContain(name);
    }
    expect(texts({ userNames: ["al", ""] })).toEqual([]);
  });

  test("looks for a host's name with its domain and without", () => {
    expect(texts({ hostNames: ["forge.acme.dev"] })).toEqual(["forge.acme.dev", "forge"]);
    expect(texts({ hostNames: ["localhost", "box", "localhost.localdomain"] })).toEqual([]);
  });

  test("leaves out places that every machine has, and those below others", () => {
    const place = (path: string) => ({ what: "path of the workspace", path });
    expect(texts({ places: ["/tmp", "/usr/local/cargo", "/target", "/"].map(place) })).toEqual([]);
    expect(
      texts({ homes: ["/home/alice/"], places: [place("/home/alice/work"), place("/mnt/work")] }),
    ).toEqual(["/home/alice", "/mnt/work"]);
  });

  test("looks for keys of several lines by the line", () => {
    const value =
      "-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIGZha2U\nQUJDREVGR0hJSktMTU5PUFFSU1Q\n-----END KEY-----\n";
    expect(texts({ secrets: [{ name: "DEPLOY_KEY", value }] })).toEqual(
      expect.arrayContaining(["MC4CAQAwBQYDK2VwBCIEIGZha2U", "QUJDREVGR0hJSktMTU5PUFFSU1Q", value.trim()]),
    );
  });

  test("has a digest of its own for other words, and the same one for the same", () => {
    const digest = (value: string) => wordsOf({ secrets: [{ name: "A_TOKEN", value }] }).digest;
    expect(digest("0123456789")).toBe(digest("0123456789"));
    expect(digest("0123456789")).not.toBe(digest("0123456788"));
    expect(wordsOf({ homes: ["/home/a"] }).digest).not.toBe(
      wordsOf({ places: [{ what: "x", path: "/home/a" }] }).digest,
    );
  });
});

test("secretsIn takes the values of variables with a secret's name, if they are long enough to be told from anything", () => {
  const env = new Map([
    ["API_TOKEN", "0123456789"],
    ["DB_PASSWORD", "short"],
    ["PATH", "/usr/bin:/bin"],
    ["PWD", "/home/alice/work"],
  ]);
  expect(secretsIn(env)).toEqual([{ name: "API_TOKEN", value: "0123456789" }]);
});
