// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { colorFlagOf, paintFor, plain, wantsColor } from "../../src/ui/color.ts";
import { statusLine } from "../../src/ui/status.ts";

describe("colour", () => {
  test.each<[string, NodeJS.ProcessEnv, boolean, boolean]>([
    ["a terminal has it", {}, true, true],
    ["a pipe does not", {}, false, false],
    ["NO_COLOR takes it from a terminal", { NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    ["an empty NO_COLOR says nothing", { NO_COLOR: "" }, true, true],
    ["NO_COLOR beats CARGO_TERM_COLOR", { NO_COLOR: "1", CARGO_TERM_COLOR: "always" }, true, false],
    ["a dumb terminal has none", { TERM: "dumb" }, true, false],
    ["FORCE_COLOR gives it to a pipe", { FORCE_COLOR: "1" }, false, true],
    ["FORCE_COLOR=0 does not", { FORCE_COLOR: "0" }, false, false],
    ["CLICOLOR_FORCE gives it to a pipe", { CLICOLOR_FORCE: "1" }, false, true],
    ["cargo's own setting counts", { CARGO_TERM_COLOR: "always" }, false, true],
    ["cargo's never counts too", { CARGO_TERM_COLOR: "never" }, true, false],
  ])("%s", (_name, env, isTTY, wanted) => {
    expect(wantsColor({ env, isTTY })).toBe(wanted);
  });

  test("--color beats every variable", () => {
    expect(wantsColor({ env: { NO_COLOR: "1" }, isTTY: false, flag: "always" })).toBe(true);
    expect(wantsColor({ env: { FORCE_COLOR: "1" }, isTTY: true, flag: "never" })).toBe(false);
    expect(wantsColor({ env: {}, isTTY: true, flag: "auto" })).toBe(true);
  });

  test("the last --color before -- is the one that counts", () => {
    expect(colorFlagOf(["build", "--color", "always", "--color=never"])).toBe("never");
    expect(colorFlagOf(["run", "--", "--color", "always"])).toBeUndefined();
  });
});

test("a status line stands under cargo's: the verb ends in column twelve", () => {
  expect(statusLine("Green", "48 units", plain)).toBe("       Green 48 units");
  const painted = statusLine("Green", "48 units", paintFor({ env: {}, isTTY: true }));
  expect(painted).toBe("\u001b[1m\u001b[32m       Green\u001b[39m\u001b[22m 48 units");
});
