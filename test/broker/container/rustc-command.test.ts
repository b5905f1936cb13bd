// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { type Placement, Places } from "../../../src/broker/container/places.ts";
import { rustcCommand } from "../../../src/broker/container/rustc-command.ts";
import type { UnitToRun } from "../../../src/broker/unit-runner.ts";
import { CARGO_HOME, HOME, IMAGE, ownUnit, PLACE, sampleUnit, TARGET } from "./sample-unit.ts";

function commandOf(unit: UnitToRun, placement: Placement = "neutral"): readonly string[] {
  return rustcCommand(unit, new Places(unit, IMAGE, placement), IMAGE);
}

const remaps = (command: readonly string[]) =>
  command.filter((word) => word.startsWith("--remap-path-prefix"));

test("arguments stay what they are but for paths, and the output directory is the container's", () => {
  const command = commandOf(
    sampleUnit({
      argv: [
        ...[
          "/home/ann/.cargo/bin/rustc",
          "--crate-name",
          "leaf",
          "--edition=2021",
          `${CARGO_HOME}/x/src/lib.rs`,
        ],
        ...["-C", "metadata=0", `--out-dir=${PLACE}`, "--extern", `core_lib=${PLACE}/libcore_lib-0.rmeta`],
      ],
    }),
  );
  expect(command[0]).toBe(IMAGE.rustc);
  expect(command.filter((word) => !word.startsWith("--remap")).slice(1)).toEqual([
    ...["--crate-name", "leaf", "--edition=2021", "/green/cargo/x/src/lib.rs", "-C", "metadata=0"],
    ...["--out-dir", "/out/out", "--extern", "core_lib=/green/target/debug/deps/libcore_lib-0.rmeta"],
  ]);
});

test("clippy's driver is the image's, before its rustc", () => {
  const command = commandOf(ownUnit({ argv: ["/x/bin/clippy-driver", "/y/rustc", "lib.rs"], programs: 2 }));
  const bin = IMAGE.rustc.replace(/rustc$/, "");
  expect(command.slice(0, 2)).toEqual([`${bin}clippy-driver`, IMAGE.rustc]);
  expect(command.at(-1)).toBe("lib.rs");
});

test("what paths are remapped to here they are remapped to there", () => {
  const own = [`--remap-path-prefix=${CARGO_HOME}=/usr/local/cargo`, `--remap-path-prefix=${TARGET}=/target`];
  expect([...remaps(commandOf(sampleUnit({ argv: ["rustc", ...own, "lib.rs"] })))].sort()).toEqual([
    "--remap-path-prefix=/green/cargo=/usr/local/cargo",
    "--remap-path-prefix=/green/target=/target",
  ]);
});

test("of a workspace's packages the root is `.`, and what lies in it is below; what is not remapped stays this machine's", () => {
  const argv = ["rustc", `--remap-path-prefix=${HOME}/work=.`, "app/src/main.rs"];
  const found = remaps(commandOf(ownUnit({ argv })));
  expect(found).toContain("--remap-path-prefix=/green/work=.");
  expect(found).toContain("--remap-path-prefix=/green/target=./target");
  expect(found).toContain(`--remap-path-prefix=/green/cargo=${CARGO_HOME}`);
});

test("a user's own remapping wins, in either way of writing it", () => {
  const argv = ["rustc", `--remap-path-prefix=${HOME}/work=.`, "--remap-path-prefix", `${HOME}=~`, "lib.rs"];
  const found = remaps(commandOf(ownUnit({ argv })));
  expect(found.slice(0, 3).sort()).toEqual([
    "--remap-path-prefix=/green/cargo=~/.cargo",
    "--remap-path-prefix=/green/target=~/work/target",
    "--remap-path-prefix=/green/work=~/work",
  ]);
});

test("where things are here nothing is remapped that would not be here", () => {
  expect(remaps(commandOf(ownUnit({ argv: ["rustc", "lib.rs"] }), "here"))).toEqual([]);
});
