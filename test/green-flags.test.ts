// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { greenArguments, takeGreenFlags } from "../src/green-flags.ts";

test("our flags are taken wherever they stand before a `--`", () => {
  const argv = "--green-profile ci +nightly build --green-config a=b --trace --green-config=c=d -- --trace";
  expect(takeGreenFlags(argv.split(" "))).toEqual({
    args: ["+nightly", "build", "--", "--trace"],
    flags: { profile: "ci", config: ["a=b", "c=d"], trace: "" },
  });
});

test("a flag without its value stays, for others to refuse", () => {
  expect(takeGreenFlags(["build", "--green-profile"]).args).toEqual(["build", "--green-profile"]);
});

test("what is not ours stays as it is, and what is comes back from its arguments", () => {
  const foreign = fc.string().filter((word) => !/^--(green-(profile|config)|trace)(=|$)/.test(word));
  fc.assert(
    fc.property(fc.array(foreign), fc.array(fc.string()), (args, config) => {
      expect(takeGreenFlags(args).args).toEqual(args);
      const flags = { profile: "p", config, trace: undefined };
      expect(takeGreenFlags(greenArguments(flags))).toEqual({ args: [], flags });
    }),
  );
});
