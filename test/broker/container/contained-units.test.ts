// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ContainedUnits } from "../../../src/broker/container/contained-units.ts";
import type { UnitRunner } from "../../../src/broker/unit-runner.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import { digestOf } from "../../../src/unit/digest.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { IMAGE, sampleUnit } from "./sample-unit.ts";

const HOST: UnitRunner = {
  kind: "host",
  accepts: () => true,
  foreign: () => [],
  run: async () => {
    throw new TypeError("nothing is to run here");
  },
};

test("what was made in another base than its key says is not recorded, and the base is learnt anew, once", async () => {
  const directory = temporaryDirectory();
  const root = join(directory, "leaf");
  mkdirSync(root);
  const learnt: string[] = [];
  const said: string[] = [];
  const expected: (string | undefined)[] = [];
  const units = new ContainedUnits({
    config: { withNetwork: [], setEnvs: [] },
    ambient: undefined,
    notices: { say: ({ line }) => said.push(line) },
    store: {
      byInstance: () => undefined,
      digestFile: async () => digestOf(""),
      memo: () => undefined,
      noteDigest: () => {},
      remember: () => {},
    },
    known: { at: async () => undefined },
    image: { ...IMAGE, contents: "old" },
    builder: {
      kind: "buildkit",
      run: async (unit, { contents }) => {
        expected.push(contents);
        const made = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), cached: false, status: 0 };
        return { ...made, contents: unit.name === "first" ? "old" : "new" };
      },
      close: async () => {},
    },
    host: HOST,
    orHost: false,
    learnAgain: async (contents) => void learnt.push(contents),
  });
  const shim = { run: async () => Promise.reject(new TypeError()), signal: new AbortController().signal };
  const run = (name: string) =>
    units.run(
      sampleUnit({
        name,
        package: { name: "leaf", root, identity: "crates-io leaf@1.0.0 0", immutable: true },
        roots: makeRoots({ TARGET: join(directory, "target") }),
        place: join(directory, "target/debug/deps"),
      }),
      shim,
    );
  const objections = [];
  for (const name of ["first", "second", "third"]) objections.push((await run(name)).objection);
  const anew = "its base image was made anew meanwhile";
  expect(objections).toEqual([undefined, anew, anew]);
  expect([learnt, said.length, expected]).toEqual([["new"], 1, ["old", "old", "old"]]);
});
