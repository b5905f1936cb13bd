// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { cacheFromKind, cacheToKind } from "../../src/config/cache-kinds.ts";

const place = { directory: "/w/app", home: "/home/me" };
const refs = (text: string) => cacheFromKind.fromText(text, place)?.map(({ attrs }) => attrs["ref"]);

test("variables name caches between spaces, since commas are within them", () => {
  expect(refs("a/b  type=registry,ref=c/d\n")).toEqual(["a/b", "c/d"]);
  expect(refs("")).toEqual([]);
});

test("files have a list, or just one", () => {
  expect(cacheFromKind.fromToml("a/b", place)).toEqual([{ type: "registry", attrs: { ref: "a/b" } }]);
  expect(cacheFromKind.fromToml(["a/b", "c/d"], place)).toHaveLength(2);
  expect(cacheFromKind.fromToml([1], place)).toBeUndefined();
  expect(() => cacheFromKind.fromToml(["type=gha"], place)).toThrow('has the type "gha"');
});

test("directories count from where they are said, and nothing else does", () => {
  const [here, home, absolute, reference] = [
    ...["type=local,dest=cache", "type=local,dest=~/cache", "type=local,dest=/cache"],
    "type=registry,ref=cache,visibility=private",
  ].map((text) => cacheToKind.fromToml(text, place)?.[0]?.attrs);
  expect([here, home, absolute].map((attrs) => attrs?.["dest"])).toEqual([
    ...["/w/app/cache", "/home/me/cache", "/cache"],
  ]);
  expect(reference).toEqual({ ref: "cache" });
});

test("what is shown is read as the same again", () => {
  const text = "type=registry,ref=a/b,mode=max,visibility=private type=local,dest=/c,visibility=private";
  const value = cacheToKind.fromText(text, place) ?? [];
  expect(cacheToKind.toText(value)).toBe(text);
});
