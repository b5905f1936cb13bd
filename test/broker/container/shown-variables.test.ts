// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { containedVariables, wantedVariables } from "../../../src/broker/container/shown-variables.ts";
import type { ChildResult } from "../../../src/broker/protocol.ts";
import type { UnitIdentity } from "../../../src/unit/record.ts";
import { sampleUnit } from "./sample-unit.ts";

const POLICY = { setEnvs: ["ASKED_FOR"], ambient: undefined };
const IDENTITY: UnitIdentity = {
  ...{ package: "leaf", version: "1.0.0", source: "crates-io", kind: "lib", target: "leaf", features: [] },
  ...{ triple: "x86_64-unknown-linux-gnu", profile: "debug", rustc: "1.95.0", mode: "build" },
};
const env = new Map(
  ["CARGO_PKG_NAME", "CFLAGS", "KNOWN", "ASKED_FOR", "TURNED_OUT", "SSH_TTY", "API_TOKEN"].map((name) => [
    name,
    "x",
  ]),
);

test("a compilation sees no variable of the user's but those that it reads", () => {
  const unit = sampleUnit({ identity: IDENTITY, env, reads: new Set(["KNOWN"]) });
  expect(containedVariables(unit, new Set(["TURNED_OUT"]), POLICY)).toEqual({
    hidden: ["API_TOKEN", "SSH_TTY"],
    seen: ["ASKED_FOR", "KNOWN", "TURNED_OUT"],
  });
});

test("one that is not cached sees all: nobody would know what it read", () => {
  expect(containedVariables(sampleUnit({ env }), new Set(), POLICY)).toEqual({ hidden: [], seen: [] });
});

const result = (code: number, stderr: string): ChildResult => ({
  ...{ exit: { how: "exited", code }, complete: true },
  ...{ stdout: Buffer.alloc(0), stderr: Buffer.from(stderr) },
});
const MISSING = "error: environment variable `API_TOKEN` not defined at compile time";

test("it wants those that it declares, and those that it fails without", async () => {
  const unit = sampleUnit({ identity: IDENTITY, declared: async () => ["SSH_TTY", "NOT_SET"] });
  const hidden = ["API_TOKEN", "SSH_TTY"];
  expect(await wantedVariables(unit, result(0, MISSING), hidden)).toEqual(["SSH_TTY"]);
  expect(await wantedVariables(unit, result(1, MISSING), hidden)).toEqual(["API_TOKEN"]);
  expect(await wantedVariables(unit, result(1, "error: no"), hidden)).toEqual([]);
});

test("a macro or a script that fails is not shown what it names: it may read what it does not declare", async () => {
  for (const over of [{ hides: true }, { hides: true, isRustc: false }]) {
    const unit = sampleUnit({ identity: IDENTITY, ...over });
    expect(await wantedVariables(unit, result(1, MISSING), ["API_TOKEN"])).toEqual([]);
  }
});
