// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitImage } from "../../../src/broker/container/image.ts";
import type { UnitToRun } from "../../../src/broker/unit-runner.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";

export const IMAGE: UnitImage = {
  base: { kind: "image", reference: "rust@sha256:0", platform: "linux/amd64" },
  rustc: "/usr/local/rustup/toolchains/1.95.0-x86_64-unknown-linux-gnu/bin/rustc",
  sysroot: "/usr/local/rustup/toolchains/1.95.0-x86_64-unknown-linux-gnu",
  targets: ["x86_64-unknown-linux-gnu"],
  hasRustup: true,
  version: "rustc 1.95.0 (59807616e 2026-04-14)\nrelease: 1.95.0\nhost: x86_64-unknown-linux-gnu",
  path: "/usr/local/rustup/toolchains/1.95.0-x86_64-unknown-linux-gnu/bin:/usr/bin:/bin",
  identity: "0".repeat(64),
};

export const HOME = "/home/ann";
export const CARGO_HOME = `${HOME}/.cargo`;
export const TARGET = `${HOME}/work/target`;
export const SYSROOT = `${HOME}/.rustup/toolchains/stable-x86_64-unknown-linux-gnu`;
export const PLACE = `${TARGET}/debug/deps`;

/** A compilation of a crate of crates.io; `over` is what is other than usual. */
export function sampleUnit(over: Partial<UnitToRun> = {}): UnitToRun {
  const root = `${CARGO_HOME}/registry/src/index.crates.io-0/leaf-1.0.0`;
  return {
    package: { name: "leaf", root, identity: "crates-io leaf@1.0.0 0", immutable: true },
    name: "leaf 1.0.0 (lib)",
    compiler: IMAGE.version,
    isRustc: true,
    cwd: root,
    env: new Map([["CARGO_MANIFEST_DIR", root]]),
    argv: ["rustc", "--crate-name", "leaf", `${root}/src/lib.rs`, "--out-dir", PLACE],
    programs: 1,
    command: {},
    confinement: { readOnly: [], readWrite: [] },
    roots: makeRoots({ CARGO_HOME, TARGET, SYSROOT, HOME }),
    place: PLACE,
    elsewhere: [],
    around: undefined,
    reads: new Set(),
    hides: false,
    declared: async () => [],
    declaresElsewhere: async () => false,
    beforeRerun: async () => {},
    ...over,
  };
}

/** The same of a package of a workspace, compiled from that. */
export function ownUnit(over: Partial<UnitToRun> = {}): UnitToRun {
  const workspace = `${HOME}/work`;
  return sampleUnit({
    package: { name: "app", root: `${workspace}/app`, identity: "path app@1.0.0", immutable: false },
    name: "app 1.0.0 (bin app)",
    cwd: workspace,
    env: new Map([["CARGO_MANIFEST_DIR", `${workspace}/app`]]),
    roots: makeRoots({ WORKSPACE: workspace, CARGO_HOME, TARGET, SYSROOT, HOME }),
    around: workspace,
    ...over,
  });
}
