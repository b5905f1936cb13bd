// SPDX-License-Identifier: MIT OR Apache-2.0

/** Debian's names, where a triple's first part decides: https://wiki.debian.org/SupportedArchitectures */
const BY_PROCESSOR: Readonly<Record<string, string>> = {
  ...{ x86_64: "amd64", i586: "i386", i686: "i386", aarch64: "arm64", mips: "mips", mipsel: "mipsel" },
  ...{
    mips64: "mips64",
    mips64el: "mips64el",
    powerpc: "powerpc",
    powerpc64: "ppc64",
    powerpc64le: "ppc64el",
  },
  ...{ riscv64gc: "riscv64", s390x: "s390x", sparc64: "sparc64" },
};

/**
 * Debian's name of the architecture of a target of GNU/Linux, which cross calls CROSS_DEB_ARCH: `arm64`, `armhf`.
 * Undefined for other targets.
 */
export function debianArchitecture(triple: string): string | undefined {
  const [, processor = "", abi = ""] = /^([^-]+)-.*linux-(gnu\w*)$/.exec(triple) ?? [];
  if (/^(?:arm|thumb)/.test(processor)) return abi.endsWith("hf") ? "armhf" : "armel";
  return BY_PROCESSOR[processor];
}
