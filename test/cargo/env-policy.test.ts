// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { classifyEnv, looksSecret } from "../../src/cargo/env-policy.ts";

const names = (text: string) => text.split(" ");

describe("classifyEnv", () => {
  it.each([
    [
      "cargo",
      "CARGO_PKG_VERSION CARGO_FEATURE_STD CARGO_CFG_UNIX OUT_DIR TARGET DEP_Z_INCLUDE CARGO CARGO_BIN_EXE_rg",
    ],
    [
      "allowed",
      "PATH LANG LC_ALL CC HOST_CC TARGET_CC CC_x86_64_unknown_linux_gnu x86_64_unknown_linux_gnu_CC CFLAGS HOST_CFLAGS " +
        "PKG_CONFIG_PATH OPENSSL_DIR ZSTD_SYS_LIB_DIR LIBZ_SYS_STATIC FOO_NO_PKG_CONFIG LIBCLANG_PATH BINDGEN_EXTRA_CLANG_ARGS_a " +
        "PROTOC MACOSX_DEPLOYMENT_TARGET NIX_CFLAGS_COMPILE RUSTUP_TOOLCHAIN CMAKE_PREFIX_PATH SOURCE_DATE_EPOCH",
    ],
    [
      "bookkeeping",
      "_ SHLVL PWD NUM_JOBS CARGO_MAKEFLAGS RUSTC_WRAPPER CARGOGREEN_SOCKET TERM RUST_BACKTRACE",
    ],
    [
      "foreign",
      "HOME USER MY_APP_VERSION GITHUB_SHA CARGO_REGISTRY_TOKEN CARGO_TARGET_DIR PATHS CCC SSH_AUTH_SOCK XDG_RUNTIME_DIR",
    ],
    ["foreign", "OPENSSL_PRIVATE_KEY NIX_ACCESS_TOKEN"], // secrets are never just allowed
  ])("calls them %s: %s", (kind, list) => {
    expect(names(list).map((name) => [name, classifyEnv(name)])).toEqual(
      names(list).map((name) => [name, kind]),
    );
  });
});

describe("looksSecret", () => {
  it.each(
    names("GITHUB_TOKEN AWS_SECRET_ACCESS_KEY DB_PASSWORD MYSQL_PWD api_key NPM_AUTH SENTRY_DSN SIGNING_KEY"),
  )("%s does", (name) => expect(looksSecret(name)).toBe(true));
  it.each(names("PATH PWD OLDPWD KEYBOARD AUTHOR CARGO_PKG_AUTHORS MONKEY_DIR PATCH"))(
    "%s does not",
    (name) => expect(looksSecret(name)).toBe(false),
  );
});
