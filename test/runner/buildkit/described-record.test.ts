// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { ContainerUnit } from "../../../src/containerfile/container-unit.ts";
import { unitCommand } from "../../../src/containerfile/unit-command.ts";
import { describedRecord } from "../../../src/runner/buildkit/described-record.ts";
import type { UnitIdentity } from "../../../src/unit/record.ts";

const IDENTITY: UnitIdentity = {
  ...{ package: "log", version: "0.4.28", source: "crates-io", target: "log", kind: "lib" },
  ...{ features: [], triple: "x86_64-unknown-linux-gnu", profile: "debug", rustc: "1.95.0", mode: "build" },
};

function unit(parts: Partial<ContainerUnit>): ContainerUnit {
  return {
    ...{ name: "log 0.4.28", identity: IDENTITY, inputs: [], cwd: "/", output: "/out", network: false },
    base: { kind: "image", reference: "rust@sha256:0", platform: "linux/amd64" },
    env: new Map([["CARGO_PKG_NAME", "log"]]),
    argv: ["rustc", "--crate-name", "log", "-C", "metadata=0c68800167fe2fdf", "--cap-lints", "allow"],
    ...parts,
  };
}

/** As BuildKit 0.34 joins them. */
const description = (of: ContainerUnit) => `mount ${of.output} from exec ${unitCommand(of).join(" ")}`;

test("a unit's record tells what it is and what Cargo calls it", () => {
  expect(describedRecord(description(unit({})))).toEqual({
    ...{ kind: "unit", identity: IDENTITY, metadata: "0c68800167fe2fdf" },
    command: "CARGO_PKG_NAME=log rustc --crate-name log -C metadata=0c68800167fe2fdf --cap-lints allow",
  });
});

test("a build script's output is where its OUT_DIR is", () => {
  const output = "/target/release/build/log-0123456789abcdef";
  expect(describedRecord(description(unit({ output })))).toMatchObject({ kind: "unit" });
});

test("what a package says of itself is taken for nothing else", () => {
  const env = new Map([
    ["CARGO_PKG_DESCRIPTION", "like pkg:cargo/serde@1.0.0?kind=lib env -i x\n -C metadata=ffff "],
    ["CARGO_PKG_NAME", "log"],
  ]);
  expect(describedRecord(description(unit({ env })))).toMatchObject({
    ...{ identity: IDENTITY, metadata: "0c68800167fe2fdf" },
  });
  const argv: ContainerUnit["argv"] = ["/bin/sh", "-c", "run"];
  const identity: UnitIdentity = { ...IDENTITY, kind: "build-script-run" };
  expect(describedRecord(description(unit({ argv, identity })))).toMatchObject({ metadata: undefined });
});

test.each([
  [description(unit({ identity: undefined })), { kind: "other" }],
  ["mount /out from exec /bin/sh -c make pkg:cargo/a@1 env -i", { kind: "other" }],
  ["mount / from exec /bin/sh -c apt-get update", { kind: "other" }],
  ["pulled from docker.io/library/rust:1.95", { kind: "other" }],
  [`imported sha256:${"0".repeat(64)}`, { kind: "imported", digest: `sha256:${"0".repeat(64)}` }],
  ["local source for context", { kind: "other" }],
  ["local source for log-0.4.28-6213843f5ac4e5cb", { kind: "source", name: "log-0.4.28-6213843f5ac4e5cb" }],
  ["", { kind: "other" }],
])("%j", (text, what) => {
  expect(describedRecord(text)).toEqual(what);
});
