// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { Places } from "../../../src/broker/container/places.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import { CARGO_HOME, HOME, IMAGE, ownUnit, PLACE, SYSROOT, sampleUnit, TARGET } from "./sample-unit.ts";

test("compilations have places of their own, build scripts those that remapped paths name", () => {
  const compilation = new Places(ownUnit(), IMAGE, "neutral");
  expect(compilation.toContainer(`-L${TARGET}/debug/deps`)).toBe("-L/green/target/debug/deps");
  expect(compilation.toContainer(`${CARGO_HOME}/registry:${HOME}/work/app`)).toBe(
    "/green/cargo/registry:/green/work/app",
  );
  const script = new Places(sampleUnit({ isRustc: false }), IMAGE, "neutral");
  expect(script.toContainer(`${TARGET}/debug/build/x-0/out`)).toBe("/target/debug/build/x-0/out");
  expect(script.toContainer(`${CARGO_HOME}/registry`)).toBe("/usr/local/cargo/registry");
});

test("where things are here, only the toolchain is elsewhere", () => {
  const places = new Places(ownUnit(), IMAGE, "here");
  expect(places.toContainer(`${TARGET}/debug:${SYSROOT}/lib`)).toBe(`${TARGET}/debug:${IMAGE.sysroot}/lib`);
  expect(places.telling.roots).toEqual([]);
});

test("a system's toolchain is not taken for the whole system", () => {
  const roots = makeRoots({ CARGO_HOME, TARGET, SYSROOT: "/usr" });
  const places = new Places(sampleUnit({ roots }), IMAGE, "neutral");
  expect(places.toContainer("/usr/lib/x86_64-linux-gnu")).toBe("/usr/lib/x86_64-linux-gnu");
  const debian = new Places(sampleUnit(), { sysroot: "/usr" }, "neutral");
  expect(debian.fromContainer(Buffer.from("in /usr/include/zlib.h")).toString()).toBe(
    "in /usr/include/zlib.h",
  );
});

test("what is printed names this machine's places again, byte for byte in between", () => {
  const places = new Places(ownUnit(), IMAGE, "neutral");
  const printed = Buffer.from(
    '{"artifact":"/out/out/libx.rmeta"} \xff /green/work/app/src/main.rs /green/workshop /green/cargo/x',
    "latin1",
  );
  expect(places.fromContainer(printed).toString("latin1")).toBe(
    `{"artifact":"${PLACE}/libx.rmeta"} \xff ${HOME}/work/app/src/main.rs /green/workshop ${CARGO_HOME}/x`,
  );
});

test("dep-info names files here, blanks escaped, and has the values of variables that Cargo compares", () => {
  const places = new Places(ownUnit({ place: `${TARGET}/a b` }), IMAGE, "neutral");
  const text = "/out/out/x.d: app/src/main.rs\n\n# env-dep:OUT_DIR=/green/target/debug/build/x-0/out\n";
  expect(places.depInfoFromContainer(Buffer.from(text)).toString()).toBe(
    `${TARGET}/a\\ b/x.d: app/src/main.rs\n\n# env-dep:OUT_DIR=${TARGET}/debug/build/x-0/out\n`,
  );
});
