// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * What every unit sees of the system, read-only: programs, libraries and headers, wherever distributions keep them.
 * Stands behind docs/sandbox.md. A mount costs 0.1 ms, each time.
 */
export const SYSTEM_DIRECTORIES: readonly string[] = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/opt",
  "/nix/store",
  "/gnu/store",
  "/run/current-system",
];

/** Of /etc only what compilers, linkers and libc look at: neither keys nor names of other machines. */
export const SYSTEM_FILES: readonly string[] = inEtc(
  "alternatives clang group hosts ld.so.cache ld.so.conf ld.so.conf.d ld-musl-x86_64.path ld-musl-aarch64.path " +
    "localtime nsswitch.conf passwd static",
);

/** What build scripts see of the system beyond that: they run interpreters, and look around. */
export const SCRIPT_FILES: readonly string[] = [
  "/var/lib/dpkg", // dpkg-query, dpkg-architecture
  "/sys/devices/system/cpu", // how many processors there are
  ...inEtc(
    "crypto-policies debian_version fonts java java-11-openjdk java-17-openjdk java-21-openjdk locale.alias " +
      "locale.conf lsb-release os-release perl pkgconfig pki python2 python3 redhat-release ssl timezone " +
      "alpine-release arch-release fedora-release",
  ),
];

/** What else is needed to talk to the world, for packages with `with-network`. */
export const NETWORK_FILES: readonly string[] = inEtc(
  "resolv.conf ca-certificates ca-certificates.conf crypto-policies gai.conf host.conf pki protocols rpc services ssl",
);

function inEtc(names: string): readonly string[] {
  return names.split(" ").map((name) => `/etc/${name}`);
}

/** Empty and private in every sandbox. */
export const TEMPORARY_DIRECTORIES: readonly string[] = ["/tmp", "/var/tmp"];

/** Directories that are too much to be shown because a path happens to name them. */
export function isTooBroad(path: string, home: string | undefined): boolean {
  if (
    path === "/" ||
    "/home /root /tmp /var /etc /proc /dev /dev/shm /sys /run /srv /mnt".split(" ").includes(path)
  )
    return true;
  return home !== undefined && (path === home || `${home}/`.startsWith(`${path}/`));
}
