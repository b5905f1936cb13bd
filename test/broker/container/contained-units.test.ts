// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ContainedUnits } from "../../../src/broker/container/contained-units.ts";
import type { UnitRunner } from "../../../src/broker/unit-runner.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import { GreenError } from "../../../src/error.ts";
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

type Options = ConstructorParameters<typeof ContainedUnits>[0];

/** Runs units of one package by such a builder, each under its name. */
function runner(options: Pick<Options, "builder"> & Partial<Options>) {
  const directory = temporaryDirectory();
  const root = join(directory, "leaf");
  mkdirSync(root);
  const units = new ContainedUnits({
    config: { withNetwork: [], setEnvs: [] },
    ambient: undefined,
    notices: { say: () => {} },
    store: {
      byInstance: () => undefined,
      digestFile: async () => digestOf(""),
      memo: () => undefined,
      noteDigest: () => {},
      remember: () => {},
    },
    known: { at: async () => undefined },
    image: IMAGE,
    host: HOST,
    orHost: false,
    learnAgain: async () => {},
    ...options,
  });
  const shim = { run: async () => Promise.reject(new TypeError()), signal: new AbortController().signal };
  return (name: string) =>
    units.run(
      sampleUnit({
        name,
        package: { name: "leaf", root, identity: "crates-io leaf@1.0.0 0", immutable: true },
        roots: makeRoots({ TARGET: join(directory, "target") }),
        place: join(directory, "target/debug/deps"),
      }),
      shim,
    );
}

test("what was made in another base than its key says is not recorded, and the base is learnt anew, once", async () => {
  const learnt: string[] = [];
  const said: string[] = [];
  const expected: (string | undefined)[] = [];
  const run = runner({
    notices: { say: ({ line }) => said.push(line) },
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
    learnAgain: async (contents) => void learnt.push(contents),
  });
  const objections = [];
  for (const name of ["first", "second", "third"]) objections.push((await run(name)).objection);
  const anew = "its base image was made anew meanwhile";
  expect(objections).toEqual([undefined, anew, anew]);
  expect([learnt, said.length, expected]).toEqual([["new"], 1, ["old", "old", "old"]]);
});

test("why units did not run is told at length once, in whatever details", async () => {
  const failures = [
    new GreenError("refused", "The disk is full: a", { side: "b", hint: "make room" }),
    new GreenError("refused", "The disk is full: c", { side: "b", hint: "make room" }),
    new GreenError("unreachable", "The connection broke: closed.", { side: "b" }),
  ];
  const run = runner({
    builder: {
      kind: "buildkit",
      run: async () => Promise.reject(failures.shift()),
      close: async () => {},
    },
  });
  const said = [];
  for (const name of ["first", "second", "third"]) said.push((await run(name)).result.stderr.toString());
  expect(said).toEqual([
    "cargo-green: first did not run on b (CARGOGREEN_RUNNER=buildkit): The disk is full: a; make room\n",
    "cargo-green: second did not run on b: The disk is full\n",
    expect.stringContaining(
      "cargo-green: third did not run on b (CARGOGREEN_RUNNER=buildkit): The connection",
    ),
  ]);
});
