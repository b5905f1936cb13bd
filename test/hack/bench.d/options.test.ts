// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { parseOptions, UsageError } from "../../../hack/bench.d/options.ts";

const parse = (...argv: string[]) => parseOptions(argv, "/here", "/repository");

describe("the command line of hack/bench", () => {
  test("without arguments measures everything, into docs/bench", () => {
    expect(parse()).toMatchObject({
      parts: ["builds", "sweep", "sandbox", "startup", "store", "remote", "buildkit"],
      scenarios: ["cold", "elsewhere", "clean", "bump", "edit", "noop"],
      profiles: ["release", "debug"],
      trials: 3,
      json: "/repository/docs/bench/results.json",
    });
  });

  test("warm is builds in two scenarios", () => {
    expect(parse("warm")).toMatchObject({ parts: ["builds"], scenarios: ["elsewhere", "clean"] });
    expect(parse("warm", "builds").scenarios).toHaveLength(6);
    expect(parse("warm", "--scenarios", "f").scenarios).toEqual(["noop"]);
  });

  test("takes lists, scenarios by letter or name, and a file relative to where it was typed", () => {
    const options = parse("builds", "--tools", "green, mbx", "--scenarios", "a,noop", "--json", "x.json");
    expect(options).toMatchObject({
      tools: ["green", "mbx"],
      scenarios: ["cold", "noop"],
      json: "/here/x.json",
    });
  });

  test.each([
    [["warmer"], 'no part "warmer"'],
    [["--tools", "ccache"], 'no tool "ccache"'],
    [["--trials", "0"], "--trials"],
    [["--trails", "3"], "--trails"],
  ])("refuses %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(UsageError);
    expect(() => parse(...argv)).toThrow(message);
  });
});
