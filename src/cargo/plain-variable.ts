// SPDX-License-Identifier: MIT OR Apache-2.0
import { classifyEnv } from "./env-policy.ts";

/** Names that say nothing of who sets them. Those that end in a target or a crate's name may say whose it is. */
const NAMES = new Set(
  (
    "PATH TMPDIR TEMP TMP LANG LANGUAGE CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN SOURCE_DATE_EPOCH RUSTC_BOOTSTRAP " +
    "CC HOST_CC TARGET_CC CXX HOST_CXX TARGET_CXX AR HOST_AR TARGET_AR RANLIB LD NM STRIP " +
    "CFLAGS HOST_CFLAGS TARGET_CFLAGS CXXFLAGS HOST_CXXFLAGS TARGET_CXXFLAGS CPPFLAGS LDFLAGS ARFLAGS CXXSTDLIB " +
    "LIBRARY_PATH CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH COMPILER_PATH GCC_EXEC_PREFIX LD_RUN_PATH " +
    "PKG_CONFIG PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALL_STATIC PKG_CONFIG_ALLOW_CROSS " +
    "CMAKE CMAKE_GENERATOR CMAKE_PREFIX_PATH CMAKE_TOOLCHAIN_FILE CMAKE_BUILD_PARALLEL_LEVEL " +
    "OPENSSL_DIR OPENSSL_LIB_DIR OPENSSL_INCLUDE_DIR OPENSSL_STATIC OPENSSL_NO_VENDOR VCPKG_ROOT " +
    "LIBCLANG_PATH CLANG_PATH LLVM_CONFIG_PATH PROTOC PROTOC_INCLUDE PYO3_PYTHON JAVA_HOME " +
    "ANDROID_HOME ANDROID_NDK ANDROID_NDK_HOME ANDROID_NDK_ROOT ANDROID_NDK_LATEST_HOME ANDROID_SDK_ROOT " +
    "CUDA_HOME CUDA_PATH CUDA_ROOT SDKROOT DEVELOPER_DIR MACOSX_DEPLOYMENT_TARGET IPHONEOS_DEPLOYMENT_TARGET"
  ).split(" "),
);
const LOCALE = /^LC_[A-Z]+$/;

/** A number, a switch, a locale, a version; a program by the name that everybody's has. */
const VALUE =
  /^(|-?[\d.]+|true|false|yes|no|on|off|static|dynamic|C|POSIX|[a-z]{2,3}(_[A-Z]{2})?(\.[Uu][Tt][Ff]-?8)?|C\.UTF-8|Ninja|Unix|Makefiles|(g?cc|g\+\+|c\+\+|clang(\+\+)?|(gcc-|llvm-)?(ar|ranlib|nm|strip)|ld|lld|ld\.lld|mold|pkg-config|pkgconf|cmake|protoc|python3?|stdc\+\+)(-[\d.]+)?)$/;
/** Options of C compilers that take nothing that somebody could name. */
const OPTION =
  /^-(O[0-3sgz]?|g[0-3]?|ggdb\d?|f(no-)?(pic|PIC|pie|PIE|lto|omit-frame-pointer|stack-protector(-strong|-all)?|function-sections|data-sections|exceptions|strict-aliasing|plt|common)|pipe|m(32|64)|W(all|extra|error)|std=(c|gnu)(\+\+)?\w{2,3}|static|pthread|s|w|D(NDEBUG|_FORTIFY_SOURCE=\d))$/;
const PATHS = /^(-[IL])?\/[^\s:]*(:\/[^\s:]*)*$/;

/**
 * True if nothing can be learnt of a user from a variable that native builds may see and that is set to this: its name
 * is everybody's, and its value is a switch, a well-known program or option, or paths: whose those are is asked
 * elsewhere, as they may stand as placeholders.
 */
export function isPlainVariable(name: string, value: string): boolean {
  if (classifyEnv(name) !== "allowed" || !(NAMES.has(name) || LOCALE.test(name))) return false;
  const words = value.split(" ").filter((word) => word !== "");
  if (name === "RUSTUP_TOOLCHAIN") return true; // looked at with the toolchain
  return words.every(
    (word) => VALUE.test(word) || OPTION.test(word) || PATHS.test(word.replaceAll(/@@green:[A-Z_]+@@/g, "/")),
  );
}
