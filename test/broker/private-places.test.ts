// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { privatePlace } from "../../src/broker/private-places.ts";

test("inputs name a private place by a variable or a file, and not by what everybody has", () => {
  expect(
    privatePlace({
      "env CARGO_HOME": "=@@green:CARGO_HOME@@",
      "env CARGO_MANIFEST_DIR": "=@@green:CARGO_HOME@@/registry/src/x/a-1.0.0",
      "env CFLAGS": "=-O2 -I/usr/include/z",
      "env DEP_Z_ROOT": "=@@green:TARGET@@/debug/build/z-1/out",
      "env RUSTUP_HOME": "=@@green:HOME@@/.rustup",
      "env ACME": "(unset)",
      "env CARGO_PKG_REPOSITORY": "=https://github.com/a/a",
      "contents of @@green:TARGET@@/debug/build/z-1/out": "0",
      "file @@green:OUT_DIR@@/x": "0",
      "crate name": "/acme",
    }),
  ).toBeUndefined();
  const reason = (label: string, value: string) => privatePlace({ [label]: value });
  expect(reason("env OPENSSL_DIR", "=/opt/acme/openssl")).toBe("OPENSSL_DIR names a place of your own");
  expect(reason("env CFLAGS", "=-O2 -I/opt/acme")).toBe("CFLAGS names a place of your own");
  expect(reason("env CFLAGS", "=-I@@green:HOME@@/x")).toBe("CFLAGS names a place of your own");
  expect(reason("env X", "=@@green:CARGO_HOME@@/acme")).toBe("X names a place of your own");
  expect(reason("env X", "=@@green:WORKSPACE@@/acme")).toBe("X names a place of your own");
  expect(reason("env X", "=@@green:TARGET@@/../acme")).toBe("X names a place of your own");
  expect(reason("file /opt/acme/key", "(missing)")).toBe("read a file of your own (/opt/acme/key)");
  expect(reason("link-arg file @@green:HOME@@/x.ld", "0")).toBe(
    "read a file of your own (@@green:HOME@@/x.ld)",
  );
  expect(reason("native directory /opt/acme", "0")).toBe("read a file of your own (/opt/acme)");
});
