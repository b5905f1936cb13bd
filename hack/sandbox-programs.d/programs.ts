// SPDX-License-Identifier: MIT OR Apache-2.0

/** A program on crates.io whose build does more than compile Rust. */
export interface Program {
  readonly name: string;
  /** Exact, and built with the lockfile that it was published with. */
  readonly version: string;
  /** Further arguments of `cargo install`. */
  readonly args: readonly string[];
  /** What its build does that a sandbox could get in the way of. Markdown. */
  readonly awkward: string;
  /** Packages of Debian that it needs beyond a C compiler (`build-essential`). */
  readonly debian: readonly string[];
  /** A command of what was installed that shows that it works, and text that it prints. */
  readonly proof: { readonly command: readonly [string, ...string[]]; readonly prints: string };
}

/** Ten that stand for the native builds that people meet most. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "ripgrep",
    version: "15.2.0",
    args: ["--features", "pcre2"],
    awkward: "`pkg-config`, then `cc` (pcre2-sys); its build script asks git",
    debian: ["pkgconf"],
    proof: { command: ["rg", "--pcre2-version"], prints: "PCRE2" },
  },
  {
    name: "fd-find",
    version: "10.5.0",
    args: ["--features", "use-jemalloc"],
    awkward: "`configure` and `make` (tikv-jemalloc-sys)",
    debian: ["make"],
    proof: { command: ["fd", "--version"], prints: "fd 10.5.0" },
  },
  {
    name: "crabz",
    version: "0.10.1",
    args: [],
    awkward: "`cmake` (libz-ng-sys), `cc` (libdeflate-sys, libmimalloc-sys)",
    debian: ["cmake"],
    proof: { command: ["crabz", "--version"], prints: "0.10.1" },
  },
  {
    name: "mcfly",
    version: "0.9.4",
    args: [],
    awkward: "SQLite by rusqlite's `bundled` (libsqlite3-sys: `cc`)",
    debian: [],
    proof: { command: ["mcfly", "--version"], prints: "0.9.4" },
  },
  {
    name: "eza",
    version: "0.23.5",
    args: ["--features", "vendored-libgit2,vendored-openssl"],
    awkward:
      "OpenSSL from source (openssl-src: perl, `make`), libgit2 (`cc`); its build script asks git and the date",
    debian: ["make", "perl", "pkgconf"],
    proof: { command: ["eza", "--version"], prints: "v0.23.5" },
  },
  {
    name: "tealdeer",
    version: "1.8.1",
    args: [],
    awkward: "`ring` (`cc`, assembly)",
    debian: [],
    proof: { command: ["tldr", "--version"], prints: "1.8.1" },
  },
  {
    name: "xh",
    version: "0.26.3",
    args: [],
    awkward:
      "`aws-lc-rs` (aws-lc-sys: `cc`, assembly), Oniguruma (onig_sys: `cc`); its build script makes assets",
    debian: ["cmake", "pkgconf"],
    proof: { command: ["xh", "--version"], prints: "xh 0.26.3" },
  },
  {
    name: "sequoia-sqv",
    version: "1.5.0",
    args: [],
    awkward: "`bindgen` with libclang, `pkg-config` (nettle-sys); parsers and manual pages in build scripts",
    debian: ["clang", "libclang-dev", "nettle-dev", "pkgconf"],
    proof: { command: ["sqv", "--version"], prints: "1.5.0" },
  },
  {
    name: "grpc-health-check",
    version: "0.3.3",
    args: [],
    awkward: "`protoc` (prost-build, tonic)",
    debian: ["protobuf-compiler"],
    proof: { command: ["grpc-health-check", "--version"], prints: "0.3.3" },
  },
  {
    name: "du-dust",
    version: "1.2.7",
    args: [],
    awkward: "its build script writes completions into its own sources",
    debian: [],
    proof: { command: ["dust", "--version"], prints: "1.2.7" },
  },
];
