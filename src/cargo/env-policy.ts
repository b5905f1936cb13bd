// SPDX-License-Identifier: MIT OR Apache-2.0
import { literalPattern } from "./literal-pattern.ts";

/** What a variable is to a unit. */
export type EnvClass =
  | "cargo" // set by Cargo for this very unit
  | "allowed" // native builds need it: visible, and in the key of a build script's run
  | "bookkeeping" // says nothing about the result: visible, never in a key
  | "foreign"; // anything else: what reads it becomes private

/** Variables that Cargo sets for a compiler call or a build script's run (The Cargo Book, "Environment Variables"). */
const CARGO = matcher(`
  CARGO CARGO_MANIFEST_DIR CARGO_MANIFEST_PATH CARGO_MANIFEST_LINKS CARGO_PKG_* CARGO_CRATE_NAME CARGO_BIN_NAME
  CARGO_BIN_EXE_* CARGO_PRIMARY_PACKAGE CARGO_TARGET_TMPDIR CARGO_RUSTC_CURRENT_DIR CARGO_SBOM_PATH CARGO_TRIM_PATHS
  CARGO_FEATURE_* CARGO_CFG_* CARGO_ENCODED_RUSTFLAGS OUT_DIR TARGET HOST OPT_LEVEL DEBUG PROFILE DEP_*
  RUSTC RUSTDOC RUSTC_LINKER RUSTC_WORKSPACE_WRAPPER LD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH
`);

/** The documented list of what native builds may see; each also with `HOST_`, `TARGET_` and triples where that is usual. */
const ALLOWED = matcher(`
  PATH TMPDIR TEMP TMP LANG LC_* CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN SOURCE_DATE_EPOCH RUSTC_BOOTSTRAP
  CC CC_* *_CC CXX CXX_* *_CXX AR AR_* *_AR RANLIB RANLIB_* *_RANLIB LD NM STRIP
  CFLAGS CFLAGS_* *_CFLAGS CXXFLAGS CXXFLAGS_* *_CXXFLAGS CPPFLAGS *_CPPFLAGS LDFLAGS LDFLAGS_* *_LDFLAGS
  ARFLAGS ARFLAGS_* *_ARFLAGS CXXSTDLIB CXXSTDLIB_* CRATE_CC_*
  LIBRARY_PATH CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH COMPILER_PATH GCC_EXEC_PREFIX LD_RUN_PATH
  PKG_CONFIG* *_PKG_CONFIG* CMAKE* *_DIR *_LIB_DIR *_INCLUDE_DIR *_STATIC *_DYNAMIC *_NO_PKG_CONFIG *_NO_VENDOR
  OPENSSL_* VCPKG* LIBCLANG_PATH CLANG_PATH BINDGEN_EXTRA_CLANG_ARGS* LLVM_CONFIG_PATH LLVM_SYS_*
  PROTOC PROTOC_* PYO3_* JAVA_HOME ANDROID_* CUDA_* NIX_* SDKROOT *_DEPLOYMENT_TARGET DEVELOPER_DIR
`);

/** Names that the patterns above catch, but that say where this user keeps things. */
const NOT_ALLOWED = matcher(
  "XDG_* SSL_CERT_DIR NIX_SSL_CERT_FILE CARGO_TARGET_DIR CARGO_BUILD_* CARGO_INSTALL_* GOOGLE_* AWS_*",
);

const BOOKKEEPING = matcher(`
  _ SHLVL PWD OLDPWD NUM_JOBS CARGO_MAKEFLAGS MAKEFLAGS MFLAGS MAKELEVEL RUSTC_WRAPPER CARGO_BUILD_RUSTC_WRAPPER
  CARGOGREEN_* CARGO_TERM_* CARGO_LOG CARGO_BUILD_JOBS RUST_BACKTRACE RUST_LIB_BACKTRACE RUST_RECURSION_COUNT
  TERM TERMINFO TERM_* COLORTERM COLUMNS LINES NO_COLOR CLICOLOR CLICOLOR_FORCE FORCE_COLOR SHELL
`);

/**
 * Variables that rustc itself looks at without telling: in the key of every compilation.
 * Deployment targets and SDKROOT matter only on Apple's systems, RUST_TARGET_PATH only for targets by file.
 */
export const COMPILER_VARIABLES: readonly string[] = [
  "RUSTC_BOOTSTRAP",
  "RUSTC_FORCE_RUSTC_VERSION",
  "RUSTC_FORCE_INCREMENTAL",
  "RUST_TARGET_PATH",
  "SOURCE_DATE_EPOCH",
  "SDKROOT",
  "MACOSX_DEPLOYMENT_TARGET",
  "IPHONEOS_DEPLOYMENT_TARGET",
  "TVOS_DEPLOYMENT_TARGET",
  "WATCHOS_DEPLOYMENT_TARGET",
  "XROS_DEPLOYMENT_TARGET",
];

/** Variables that the linker and the C compiler driver in front of it look at: in the key of every unit that links. */
export const LINKER_VARIABLES: readonly string[] = [
  "LIBRARY_PATH",
  "COMPILER_PATH",
  "GCC_EXEC_PREFIX",
  "LD_RUN_PATH",
  "LDFLAGS",
  "LDEMULATION",
  "GNUTARGET",
  "COLLECT_NO_DEMANGLE",
  "CCC_OVERRIDE_OPTIONS",
];

/** Variables that say where programs and libraries are: what is found there is in a key, not their values. */
export const RESOLVED_VARIABLES: ReadonlySet<string> = new Set(
  "PATH RUSTC RUSTDOC CARGO LD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH".split(" "),
);

/** What a variable is to a unit, by its name alone. A build script's `rustc-env` may set any name: the caller knows those. */
export function classifyEnv(name: string): EnvClass {
  const known = classes.get(name);
  if (known !== undefined) return known;
  const found = classOf(name);
  classes.set(name, found);
  return found;
}

/** Each unit asks for much the same names. */
const classes = new Map<string, EnvClass>();

function classOf(name: string): EnvClass {
  if (CARGO.test(name)) return "cargo";
  if (BOOKKEEPING.test(name)) return "bookkeeping";
  if (NOT_ALLOWED.test(name) || looksSecret(name)) return "foreign";
  return ALLOWED.test(name) ? "allowed" : "foreign";
}

const SECRET =
  /TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|COOKIE|(?:API|ACCESS|PRIVATE|SIGNING|ENCRYPTION|DEPLOY|SSH|GPG)_?KEY|(?:^|_)(?:AUTH|PASS|PWD|PAT|DSN|KEY)(?:$|_)/i;
const NOT_SECRET = new Set(["PWD", "OLDPWD"]);

/** True if a variable of this name usually holds something that must not be shown, stored or shared. */
export function looksSecret(name: string): boolean {
  return SECRET.test(name) && !NOT_SECRET.has(name);
}

/** Names with `*` for anything, between blanks. */
function matcher(patterns: string): RegExp {
  const sources = patterns
    .trim()
    .split(/\s+/)
    .map((pattern) => pattern.split("*").map(literalPattern).join(".*"));
  return new RegExp(`^(?:${sources.join("|")})$`, "s");
}
