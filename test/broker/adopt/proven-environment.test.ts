// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { unprovenVariable } from "../../../src/broker/adopt/proven-environment.ts";

test.each([
  ["what Cargo sets from what its fingerprint covers", ["env CARGO_PKG_NAME", "env OPT_LEVEL"], undefined],
  ["where and as whom one builds", ["env HOME", "env LC_ALL", "env CARGO_HOME"], undefined],
  ["what was declared", ["env DECLARED"], undefined],
  ["what is no variable", ["rustc", "dependency env"], undefined],
  ["what native builds look at", ["env DECLARED", "env CFLAGS"], "CFLAGS"],
  ["what somebody may have set", ["env SOME_WORD"], "SOME_WORD"],
  ["a linker that configuration names", ["env RUSTC_LINKER"], "RUSTC_LINKER"],
])("%s", (_, labels, expected) => {
  expect(unprovenVariable(labels, new Set(["DECLARED"]))).toBe(expected);
});
