// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { StoredCall } from "../../../src/broker/replay/call.ts";
import { ENTRY_SCHEMA, type ReplayEntry, resultOf } from "../../../src/broker/replay/entry.ts";
import { isOwnEntry, ownMaking } from "../../../src/broker/share/own-call.ts";
import type { Invocation } from "../../../src/unit/record.ts";
import { sampleRecord } from "../../store/fixtures/sample-record.ts";

const RUSTC = "@@green:SYSROOT@@/bin/rustc";
const DIRECTORY = "@@green:TARGET@@/debug/deps";
const recordOf = (invocation: Partial<Invocation>, inputs: Readonly<Record<string, string>> = {}) => ({
  ...sampleRecord({ inputs, identity: { package: "serde" } }),
  invocation: {
    ...{ program: RUSTC, argv: ["--out-dir", DIRECTORY], cwd: "@@green:WORKSPACE@@" },
    env: { CARGO_PKG_REPOSITORY: "https://example.org/a", CARGO_PKG_README: "/README.md" },
    ...invocation,
  },
});

test("a record tells of compilers, places and profiles of one's own", () => {
  expect(ownMaking(recordOf({}))).toBeUndefined();
  const outDir = "@@green:TARGET@@/x86_64-unknown-linux-gnu/release/build/serde-0123456789abcdef/out";
  expect(ownMaking(recordOf({ env: { OUT_DIR: outDir } }))).toBeUndefined();
  for (const [invocation, inputs, reason] of [
    [{ program: "/opt/acme/rustc" }, {}, "called with a place of your own (/opt/acme/rustc)"],
    [{ cwd: "@@green:HOME@@/acme" }, {}, "called with a place of your own (@@green:HOME@@/acme)"],
    [{ env: { RUSTC: "/srv/acme" } }, {}, "called with a place of your own (/srv/acme)"],
    [{ env: { OUT_DIR: outDir.replace("serde", "acme") } }, {}, "was told the OUT_DIR of another package"],
    [
      { argv: ["-L", "dependency=@@green:TARGET@@/acme/deps"] },
      {},
      "made with a profile or target of your own",
    ],
    [{ argv: ["--out-dir", "@@green:TARGET@@/acme/debug"] }, {}, "made with a profile or target of your own"],
    [{}, { rustc: "rustc 1.95.0-acme" }, "compiled by a compiler of your own"],
    [{}, { "env RUSTUP_TOOLCHAIN": "=acme" }, "compiled by a toolchain with a name of your own"],
  ] as const)
    expect(ownMaking(recordOf(invocation, inputs))).toBe(reason);
});

test("an entry that nobody else's build would have left is told from the others of a unit", () => {
  const record = recordOf({});
  const isOwn = (call: Partial<StoredCall>, more: Partial<ReplayEntry> = {}) =>
    isOwnEntry(
      {
        ...{ schema: ENTRY_SCHEMA, result: resultOf(record), depInfo: {} },
        call: {
          ...{ role: "rustc", argv: [RUSTC, "--out-dir", DIRECTORY], cwd: "@@green:WORKSPACE@@" },
          ...{ env: { RUSTUP_TOOLCHAIN: "1.95.0-x86_64-unknown-linux-gnu" }, before: {} },
          ...call,
        },
        fingerprint: {
          ...{ directory: "debug/.fingerprint/serde-1", name: "lib-serde", files: [] },
          ...{ hash: "0".repeat(16), json: "{}", reproduced: true },
        },
        ...more,
      },
      record,
    );
  expect(isOwn({})).toBe(false);
  expect(isOwn({ before: { LD_LIBRARY_PATH: "@@green:TARGET@@/debug/deps:@@green:SYSROOT@@/lib" } })).toBe(
    false,
  );
  expect(isOwn({}, { hasOwnPlan: true })).toBe(true);
  expect(isOwn({ env: { RUSTUP_TOOLCHAIN: "acme" } })).toBe(true);
  expect(isOwn({ argv: [RUSTC, "--out-dir", "@@green:TARGET@@/acme/deps"] })).toBe(true);
  expect(isOwn({ argv: ["/opt/acme/wrapper", RUSTC] })).toBe(true);
  expect(isOwn({ before: { PATH: "/opt/acme/bin" } })).toBe(true);
});
