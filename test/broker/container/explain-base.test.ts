// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { explainBase } from "../../../src/broker/container/explain-base.ts";
import { GreenError } from "../../../src/error.ts";

const refused = (words: string) => new GreenError("refused", words, { side: "builder" });

test("a base image that lacks what the settings need is told from one that fails", () => {
  const failed = "The builder failed: [2/3] RUN rustup component add clippy: exit code: 127\n/bin/sh: 1: ";
  expect(explainBase(refused(`${failed}rustup: not found`))).toMatchObject({
    ...{ code: "config", side: "builder", hint: expect.stringContaining("the official `rust` images") },
    message: "The base image has no rustup, which `components` and `--target` need",
  });
  expect(explainBase(refused("sh: line 1: apt: command not found"))).toMatchObject({
    message: "The base image has no apt, which `add.apt` needs",
  });
  const others = [refused("E: Unable to locate package x"), new TypeError("rustup: not found")];
  expect(others.map(explainBase)).toEqual(others);
});
