// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  changedSince,
  envValue,
  evaluateInputSet,
  type InputSetContext,
} from "../../src/broker/input-sets.ts";
import { makeRoots } from "../../src/cargo/roots.ts";
import { digestOf } from "../../src/unit/digest.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

function workspace() {
  const root = temporaryDirectory();
  mkdirSync(join(root, "proto/deep"), { recursive: true });
  writeFileSync(join(root, "lib.rs"), "lib");
  writeFileSync(join(root, "proto/deep/x.proto"), "x");
  symlinkSync("lib.rs", join(root, "link.rs"));
  const roots = makeRoots({ WORKSPACE: root });
  const env = new Map([
    ["HERE", `${root}/x`],
    ["EMPTY", ""],
    ["LOOKS", "(unset)"],
  ]);
  const context: InputSetContext = {
    roots,
    env,
    relocatable: (name) => name !== "FIXED",
    digestFile: async (path) => digestOf(readFileSync(path)),
  };
  return { root, roots, context };
}

const named = (path: string) => `@@green:WORKSPACE@@/${path}`;
const set = (...files: readonly string[]) => ({ files: files.map(named), env: [] });

describe("evaluateInputSet", () => {
  it("labels the files, directories, links and variables of this checkout as they are of any", async () => {
    const files = ["lib.rs", "link.rs", "none.rs", "proto"].map(named);
    const env = ["EMPTY", "HERE", "NOT_SET"];
    const evaluate = (context: InputSetContext) => evaluateInputSet({ files, env }, context);
    const inputs = await evaluate(workspace().context);
    expect(inputs).toEqual({
      [`file ${named("lib.rs")}`]: digestOf("lib"),
      [`file ${named("link.rs")}`]: digestOf("lib"),
      [`file ${named("none.rs")}`]: "(missing)",
      [`file ${named("proto")}`]: expect.stringMatching(/^directory [0-9a-f]{64}$/),
      "env EMPTY": "=",
      "env HERE": "=@@green:WORKSPACE@@/x",
      "env NOT_SET": "(unset)",
    });
    expect(await evaluate(workspace().context)).toEqual(inputs);
  });
});

describe("envValue", () => {
  it("tells unset, empty and look-alike values apart, and re-roots only what may be", () => {
    const { root, context } = workspace();
    expect(["NOT_SET", "EMPTY", "LOOKS"].map((name) => envValue(name, context))).toEqual([
      "(unset)",
      "=",
      "=(unset)",
    ]);
    const fixed = { ...context, env: new Map([["FIXED", `${root}/x`]]) };
    expect(envValue("FIXED", fixed)).toBe(`=${root}/x`);
  });
});

describe("changedSince", () => {
  const watched = set("lib.rs", "link.rs", "none/none.rs", "proto");

  it.each<readonly [string, string | undefined, (root: string) => void]>([
    ["nothing", undefined, () => {}],
    [
      "something that the set does not name",
      undefined,
      (root) => writeFileSync(join(root, "proto.lock"), ""),
    ],
    ["a file deep in a directory", "proto", (root) => writeFileSync(join(root, "proto/deep/x.proto"), "y")],
    ["a new file in a directory", "proto", (root) => writeFileSync(join(root, "proto/deep/new"), "")],
    ["a file removed from a directory", "proto", (root) => rmSync(join(root, "proto/deep/x.proto"))],
  ])("judges by what it names: %s", async (_, expected, change) => {
    const { root, roots } = workspace();
    const watching = expected === undefined ? set("lib.rs", "proto") : watched;
    const start = await settled();
    change(root);
    expect(await changedSince(watching, roots, start)).toBe(
      expected === undefined ? undefined : named(expected),
    );
  });

  it("sees through links, and that a file was taken away", async () => {
    const { root, roots } = workspace();
    const start = await settled();
    writeFileSync(join(root, "lib.rs"), "changed");
    expect(await changedSince(set("link.rs"), roots, start)).toBe(named("link.rs"));
    expect(await changedSince(set("proto/deep/x.proto", "proto/none"), roots, start)).toBeUndefined();
    rmSync(join(root, "proto/deep"), { recursive: true });
    expect(await changedSince(set("proto/deep/x.proto"), roots, start)).toBe(named("proto/deep/x.proto"));
  });

  /** A moment after all that was written before, with a margin for the kernel's coarse clock; nanoseconds. */
  async function settled(): Promise<bigint> {
    await sleep(30);
    return BigInt(Date.now() - 15) * 1_000_000n;
  }
});
