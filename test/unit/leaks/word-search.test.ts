// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rangedBytes } from "../../../src/unit/leaks/bytes.ts";
import type { PrivateFacts } from "../../../src/unit/leaks/private-words.ts";
import { wordSearch } from "../../../src/unit/leaks/word-search.ts";
import { wordsOf } from "./words.ts";

const FACTS: Partial<PrivateFacts> = {
  homes: ["/home/alice"],
  userNames: ["alice"],
  hostNames: ["forge-17.acme.dev"],
  secrets: [{ name: "API_TOKEN", value: 's3cr3t/"value"+x?' }],
};

function plain(bytes: Buffer | string, facts = FACTS): readonly string[] {
  const found = new Set<string>();
  wordSearch(wordsOf(facts)).plain(Buffer.from(bytes), found);
  return [...found].sort();
}

describe("plain", { timeout: 30_000 }, () => {
  const secret = FACTS.secrets?.[0]?.value ?? "";
  test.each<readonly [string, Buffer | string, string]>([
    ["as it is", "see /home/alice/x", "home directory"],
    ["in a constant that another one follows", "/home/alicexyz", "home directory"],
    ["in UTF-16", Buffer.from("C:/home/alice", "utf16le"), "home directory"],
    [
      "in UTF-16 at an odd place",
      Buffer.concat([Buffer.from("x"), Buffer.from("forge-17", "utf16le")]),
      "host name",
    ],
    ["in a URL", "vscode://file?path=%2Fhome%2Falice", "home directory"],
    ["in a URL in lower case", "%2fhome%2falice", "home directory"],
    ["a secret as it is", `x${secret}y`, "value of API_TOKEN"],
    ["a secret in a URL", encodeURIComponent(secret), "value of API_TOKEN"],
    ["a secret in JSON", JSON.stringify({ a: secret }), "value of API_TOKEN"],
    ["a host without its domain", "built on forge-17", "host name"],
  ])("finds a word %s", (_, bytes, what) => {
    expect(plain(bytes)).toContain(what);
  });

  test("finds a secret in base64 wherever it begins in what was encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 9 }), (before, after) => {
        const bytes = Buffer.concat([before, Buffer.from(secret), after]);
        expect(plain(bytes.toString("base64"))).toEqual(["value of API_TOKEN"]);
        expect(plain(bytes.toString("base64url"))).toEqual(["value of API_TOKEN"]);
      }),
    );
  });

  test("finds nothing in what has none of the words", () => {
    expect(plain("/home/alic /home/bob Alice forge-1 s3cr3t/value")).toEqual([]);
    expect(plain("")).toEqual([]);
  });

  test("takes short names and common ones for words only between boundaries", () => {
    const bob = { userNames: ["bob"] };
    expect(plain("by bob, in /srv/bob", bob)).toEqual(["user name"]);
    expect(plain("bobbin kebob bob_x xbob", bob)).toEqual([]);
    expect(plain(Buffer.from("by bob.", "utf16le"), bob)).toEqual(["user name"]);
    expect(plain(Buffer.from("bobbin", "utf16le"), bob)).toEqual([]);
    const user = { userNames: ["user"], homes: ["/root"] };
    expect(plain("/home/user/x", user)).toEqual(["user name"]);
    expect(plain("/home/username user sysroot/root2 x/root/", user)).toEqual([]);
    expect(plain("\0/root/.cargo", user)).toEqual(["home directory"]);
  });

  test("finds every one of very many words, at both ends of the bytes", () => {
    const secrets = Array.from({ length: 60 }, (_, at) => ({
      name: `T${at}`,
      value: `secret-number-${at}-of-many`,
    }));
    const search = wordSearch(wordsOf({ secrets }));
    const find = (text: string) => {
      const found = new Set<string>();
      search.plain(Buffer.from(text), found);
      return [...found];
    };
    for (const { name, value } of secrets) {
      expect(find(`${value}.${"x".repeat(100)}`)).toEqual([`value of ${name}`]);
      expect(find(`${"x".repeat(100)}${value}`)).toEqual([`value of ${name}`]);
    }
  });
});

/** Characters of `width` bits each, after `skipped` bits, as LLVM's bitcode has an array. */
function pack(text: string, width: number, skipped: number, codeOf: (letter: string) => number): Buffer {
  const bits = [...text].flatMap((letter) =>
    Array.from({ length: width }, (_, bit) => (codeOf(letter) >> bit) & 1),
  );
  const all = [...Array.from({ length: skipped }, () => 1), ...bits, 1, 1, 1];
  return Buffer.from(
    Array.from({ length: Math.ceil(all.length / 8) }, (_, at) =>
      all.slice(at * 8, at * 8 + 8).reduce((sum, bit, place) => sum | (bit << place), 0),
    ),
  );
}

test("packed finds a word of 8, 7 or 6 bits a character at any bit, and nothing that differs in one", () => {
  const search = wordSearch(wordsOf({ homes: ["/home/alice"], userNames: ["willow"] }));
  const packed = (bytes: Buffer) => {
    const found = new Set<string>();
    search.plain(bytes, found); // at a byte's start it is there as it is
    search.packed(bytes, found);
    return [...found];
  };
  const ascii = (letter: string) => letter.charCodeAt(0);
  const char6 = (letter: string) =>
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._".indexOf(letter);
  for (let skipped = 0; skipped < 24; skipped++) {
    expect(packed(pack("/home/alice", 8, skipped, ascii)).sort(), `8 at ${skipped}`).toContain(
      "home directory",
    );
    expect(packed(pack("/home/alice", 7, skipped, ascii)), `7 at ${skipped}`).toContain("home directory");
    expect(packed(pack("willow", 6, skipped, char6)), `6 at ${skipped}`).toEqual(["user name"]);
    expect(packed(pack("/home/alicd", 8, skipped, ascii))).toEqual([]);
    expect(packed(pack("bhome/alic", 7, skipped, ascii))).toEqual([]);
    expect(packed(pack("xillow", 6, skipped, char6))).toEqual([]);
  }
});

test("the same is found through windows of whatever size, at whatever place", () => {
  const facts = { ...FACTS, userNames: ["bob"], homes: ["/home/alice", "/srv"] };
  const words = wordsOf(facts);
  const search = wordSearch(words);
  const part = fc.constantFrom(
    "/home/alice",
    "bob",
    "xbob",
    "bobx",
    "/srv",
    "/srvice",
    " ",
    "abc",
    "forge-17",
  );
  const wide = (text: string) => Buffer.from(text, "utf16le");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(part, fc.boolean()), { maxLength: 12 }),
      fc.integer({ min: 1, max: 40 }),
      (parts, size) => {
        const bytes = Buffer.concat(parts.map(([text, isWide]) => (isWide ? wide(text) : Buffer.from(text))));
        const [whole, windowed] = [new Set<string>(), new Set<string>()];
        search.plain(bytes, whole);
        search.packed(bytes, whole);
        const read = (at: number, length: number) => bytes.subarray(at, at + length);
        for (const window of rangedBytes(bytes.length, read, size).windows(search.overlap)) {
          search.plain(window.bytes, windowed, window);
          search.packed(window.bytes, windowed, window);
        }
        expect([...windowed].sort()).toEqual([...whole].sort());
      },
    ),
    { numRuns: 500 },
  );
});
