// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { Notices, type NoticesOptions } from "../../src/broker/notices.ts";

/** Builds of one user, one after the other. */
function user() {
  const memo = new Map<string, string>();
  const store = {
    memo: (_: string, key: string) => memo.get(key),
    remember: (_: string, key: string, value: string) => void memo.set(key, value),
  };
  return (over: Partial<NoticesOptions> = {}) => {
    const shown: string[] = [];
    const show = (line: string) => void shown.push(line);
    return { shown, notices: new Notices({ store, show, verbose: false, machine: "here", ...over }) };
  };
}

const MISSING = { line: "there is no sandbox", topic: "sandbox" };

test("each line is shown once a build, and kept", () => {
  const { shown, notices } = user()();
  for (const line of ["one", "two", "one"]) notices.say({ line });
  expect(shown).toEqual(["one", "two"]);
  expect(notices.lines).toEqual(["one", "two"]);
});

test("what is so on this machine is shown once, until it changes", () => {
  const build = user();
  const tell = (notice: typeof MISSING, over: Partial<NoticesOptions> = {}) => {
    const { shown, notices } = build(over);
    notices.say(notice);
    expect(notices.lines).toEqual([notice.line]);
    return shown.length;
  };
  expect([tell(MISSING), tell(MISSING)]).toEqual([1, 0]);
  expect(tell(MISSING, { verbose: true })).toBe(1);
  expect(tell(MISSING, { machine: "there" })).toBe(1);
  expect(tell({ ...MISSING, line: "it is forbidden" })).toBe(1);
  build().notices.settle("sandbox");
  expect(tell(MISSING)).toBe(1);
});

test("what nobody saw was not told", () => {
  const build = user();
  build({ show: undefined }).notices.say(MISSING);
  const { shown, notices } = build();
  notices.say(MISSING);
  expect(shown).toEqual([MISSING.line]);
});
