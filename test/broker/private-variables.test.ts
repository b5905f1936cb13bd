// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { privateVariable } from "../../src/broker/private-variables.ts";

const of = (name: string, value: string) =>
  privateVariable({ "build script": "0", [`env ${name}`]: value }, []);

test("variables of native builds are everybody's as long as names and values are", () => {
  for (const [name, value] of [
    ...[
      ["LANG", "C.UTF-8"],
      ["LC_ALL", "de_DE.UTF-8"],
      ["SOURCE_DATE_EPOCH", "0"],
      ["CC", "gcc-14"],
    ],
    ...[
      ["CXX", "/usr/bin/clang++"],
      ["CFLAGS", "-O2 -fPIC -I/usr/include/z"],
      ["OPENSSL_STATIC", "1"],
    ],
    ...[
      ["PKG_CONFIG_PATH", "/usr/lib/pkgconfig:/usr/share/pkgconfig"],
      ["CMAKE_GENERATOR", "Unix Makefiles"],
    ],
    ...[
      ["RUSTUP_HOME", "@@green:HOME@@/.rustup"],
      ["CARGO_HOME", "@@green:CARGO_HOME@@"],
    ],
  ] as const)
    expect(of(name, `=${value}`), name).toBeUndefined();
});

test("one of somebody's own makes a unit private, by its name or by its value", () => {
  for (const [name, value] of [
    ...[
      ["ACME_SDK_DIR", "/usr/lib/acme"],
      ["ACME_STATIC", "1"],
      ["CC_x86_64_unknown_linux_acme", "gcc"],
    ],
    ...[
      ["CFLAGS", "-O2 -DACME"],
      ["CC", "acme-cc"],
      ["LANG", "acme"],
      ["OPENSSL_ACME", "1"],
    ],
    ...[
      ["CARGO_BIN_NAME", "acme"],
      ["CARGO_CRATE_NAME", "acme"],
      ["CMAKE_GENERATOR", "Acme"],
    ],
  ] as const)
    expect(of(name, `=${value}`), name).toBe(`was told ${name}, which you set`);
  expect(of("ACME_SDK_DIR", "(unset)")).toBeUndefined();
  expect(privateVariable({ "env ACME_STATIC": "=1" }, ["ACME_STATIC"])).toBeUndefined();
  // Of a compilation, Cargo says so.
  expect(privateVariable({ "env CARGO_CRATE_NAME": "=serde" }, [])).toBeUndefined();
});
