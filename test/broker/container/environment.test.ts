// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { containerEnvironment } from "../../../src/broker/container/environment.ts";
import { Places } from "../../../src/broker/container/places.ts";
import { CARGO_HOME, HOME, IMAGE, SYSROOT, sampleUnit, TARGET } from "./sample-unit.ts";

function seen(variables: Readonly<Record<string, string>>, hidden: readonly string[] = [], isRustc = true) {
  const unit = sampleUnit({ env: new Map(Object.entries(variables)), isRustc });
  return Object.fromEntries(containerEnvironment(unit, hidden, new Places(unit, IMAGE, "neutral"), IMAGE));
}

test("a unit sees Cargo's variables and the list's, with the container's places", () => {
  const found = seen({
    CARGO_MANIFEST_DIR: `${CARGO_HOME}/registry/src/x`,
    OUT_DIR: `${TARGET}/debug/build/x-0/out`,
    LD_LIBRARY_PATH: `${TARGET}/debug/deps:${SYSROOT}/lib`,
    CFLAGS: `-O2 -I${TARGET}/include`,
  });
  expect(found).toEqual({
    PATH: IMAGE.path,
    CARGO_MANIFEST_DIR: "/green/cargo/registry/src/x",
    OUT_DIR: "/green/target/debug/build/x-0/out",
    LD_LIBRARY_PATH: `/green/target/debug/deps:${IMAGE.sysroot}/lib`,
    CFLAGS: "-O2 -I/green/target/include",
  });
});

test("nothing of this machine is among them: no terminal, jobserver, wrapper, toolchain, or directory for what is temporary", () => {
  const found = seen(
    {
      ...{ TERM: "xterm", CARGO_MAKEFLAGS: "--jobserver-fds=3,4", RUSTC_WRAPPER: "/shim", NUM_JOBS: "64" },
      ...{
        RUSTUP_TOOLCHAIN: "stable",
        RUSTUP_HOME: `${HOME}/.rustup`,
        TMPDIR: "/var/ann",
        SECRET: "1",
        HOME,
      },
    },
    ["SECRET", "HOME"],
  );
  expect(found).toEqual({ PATH: IMAGE.path });
});

test("programs are the image's, a home is empty, and scripts have the number of jobs that Cargo promises", () => {
  const programs = { RUSTC: "/x/rustc", RUSTDOC: "rustdoc", CARGO: "/x/cargo", PATH: "/home/ann/bin" };
  const bin = IMAGE.rustc.replace(/rustc$/, "");
  expect(seen({ ...programs, HOME }, [], false)).toEqual({
    PATH: IMAGE.path,
    HOME: "/tmp",
    ...{ RUSTC: IMAGE.rustc, RUSTDOC: `${bin}rustdoc`, CARGO: `${bin}cargo`, NUM_JOBS: "4" },
    GIT_DISCOVERY_ACROSS_FILESYSTEM: "1",
  });
});
