// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { findLeaks } from "../../../src/unit/leaks/find-leaks.ts";
import { wordsOf } from "./words.ts";

const WORDS = wordsOf({
  homes: ["/home/alice"],
  userNames: ["Zoë-Ann"],
  secrets: [{ name: "A_TOKEN", value: 'to"ken\\12345' }],
});

test("strings and keys of documents are searched at any depth, and the document is named", () => {
  const documents = [
    {
      name: "record",
      content: {
        inputs: { "file /home/alice/x": "0" },
        stderr: Buffer.from("by Zoë-Ann").toString("latin1"),
      },
    },
    { name: "annotations", content: { a: ["x", { b: 'to"ken\\12345' }] } },
    { name: "tag", content: "serde-1.0.0" },
    { name: "entry", content: JSON.stringify({ path: "/home/alice" }) },
    { name: "nothing", content: [null, 1, true, undefined, {}] },
  ];
  expect(findLeaks(documents, WORDS)).toEqual([
    { what: "home directory", where: "record" },
    { what: "user name", where: "record" },
    { what: "value of A_TOKEN", where: "annotations" },
    { what: "home directory", where: "entry" },
  ]);
});

test("what is private is found wherever it lies, and as what it is written", () => {
  const word = fc.constantFrom(
    "/home/alice",
    "Zoë-Ann",
    Buffer.from("Zoë-Ann").toString("latin1"),
    'to"ken\\12345',
  );
  const [before, after] = [fc.string({ unit: "binary", maxLength: 8 }), fc.string({ maxLength: 8 })];
  fc.assert(
    fc.property(before, word, after, fc.nat(2), (first, private_, last, place) => {
      // A letter before or behind a name makes it another one.
      const text = `${first} ${private_} ${last}`;
      const content = [text, { a: ["x", { [text]: 1 }] }, { b: [null, { c: text }] }][place];
      expect(findLeaks([{ name: "record", content }], WORDS)).not.toEqual([]);
    }),
  );
});
