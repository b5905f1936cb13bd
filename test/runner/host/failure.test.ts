// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { causeOfFailure, mayBeSandbox, namedIn, settingFor } from "../../../src/runner/host/failure.ts";
import { bypassLaunchers } from "../../../src/runner/host/launchers.ts";

test.each([
  ['Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }', "network"],
  ["curl: (6) Could not resolve host: example.com", "network"],
  ["As a reminder, you're using offline mode (--offline) which can sometimes cause", "nested-cargo"],
  ["attempting to make an HTTP request, but --offline was specified", "nested-cargo"],
  ["can't checkout from 'https://x/y': you are in the offline mode (--offline)", "nested-cargo"],
  ['Os { code: 30, kind: ReadOnlyFilesystem, message: "Read-only file system" }', "read-only"],
  ["cp: cannot stat '/home/ann/x': No such file or directory", "hidden-file"],
  ["cargo-green: the sandbox cannot be set up: /proc: Operation not permitted (os error 1)", "setup"],
  ["bwrap: No permissions to create new namespace", "setup"],
  ["assertion failed", "unknown"],
] as const)("%s is %s", (output, cause) => {
  expect(causeOfFailure(`thread 'main' panicked\n${output}\n`)).toBe(cause);
});

test("a package that needs the network is told so by name", () => {
  expect(settingFor("network", "openssl-src", [])).toContain("CARGOGREEN_WITH_NETWORK=openssl-src");
});

test.each([
  ["ACME_SDK: environment variable ACME_SDK not set", "hidden-variable", "CARGOGREEN_SET_ENVS=ACME_SDK"],
  ["build.sh: 3: ACME_SDK: parameter not set", "hidden-variable", "CARGOGREEN_SET_ENVS=ACME_SDK"],
  ["$ACME_SDK and $TOKEN are both needed", "hidden-variable", "CARGOGREEN_SET_ENVS=ACME_SDK,TOKEN"],
  ["NotPresent", "hidden-variable", "CARGOGREEN_SET_ENVS=NAME"],
  ["ACME_SDK_EXTRA is wrong", "unknown", "CARGOGREEN_SANDBOX=prefer"],
  ["ACME_SDK is of no use: Read-only file system", "read-only", "CARGOGREEN_SANDBOX=prefer"],
] as const)("with ACME_SDK and TOKEN hidden, %s is %s, and %s helps", (output, cause, setting) => {
  const hidden = ["ACME_SDK", "TOKEN", "_"];
  expect(causeOfFailure(output, hidden)).toBe(cause);
  expect(settingFor(cause, "acme", namedIn(output, hidden))).toContain(`(${setting})`);
});

test("an error about the program itself is no reason to try again, any other may be", () => {
  const error = (code: string | null, message = "x") =>
    JSON.stringify({
      $message_type: "diagnostic",
      message,
      code: code && { code, explanation: null },
      level: "error",
    });
  const aborting = error(null, "aborting due to 1 previous error");
  expect(mayBeSandbox([error("E0308"), aborting].join("\n"))).toBe(false);
  expect(mayBeSandbox([error("E0308"), error("E0463"), aborting].join("\n"))).toBe(true);
  expect(mayBeSandbox([error(null, "proc macro panicked"), aborting].join("\n"))).toBe(true);
  expect(mayBeSandbox("")).toBe(true);
});

test("launchers are taken out of what names a compiler, and nothing else is changed", () => {
  const env = new Map([
    ["CC", "sccache gcc -m64"],
    ["CXX_x86_64-unknown-linux-gnu", "/usr/bin/ccache g++"],
    ["HOST_CC", "clang"],
    ["TARGET_CXX", "ccache"],
    ["CMAKE_C_COMPILER_LAUNCHER", "ccache"],
    ["CMAKE_CXX_COMPILER_LAUNCHER", "sccache;--verbose"],
    ["NOTES", "sccache gcc"],
  ]);
  const { set, unset, bypassed } = bypassLaunchers(env);
  expect(Object.fromEntries(set)).toEqual({
    CCACHE_DISABLE: "1",
    CC: "gcc -m64",
    "CXX_x86_64-unknown-linux-gnu": "g++",
  });
  expect(unset).toEqual(["TARGET_CXX", "CMAKE_C_COMPILER_LAUNCHER", "CMAKE_CXX_COMPILER_LAUNCHER"]);
  expect(bypassed).toEqual(["ccache", "sccache"]);
});
