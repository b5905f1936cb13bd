// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * What every unit sees of the system, read-only: programs, libraries and headers, wherever distributions keep them.
 * Stands behind docs/sandbox.md.
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
  "/var/lib/dpkg", // dpkg-query, dpkg-architecture
  "/sys/devices/system/cpu", // how many processors there are
];

/** Of /etc only what compilers, linkers, interpreters and libc look at: neither keys nor names of other machines. */
export const SYSTEM_FILES: readonly string[] = (
  "alternatives clang crypto-policies debian_version fonts group hosts java java-11-openjdk java-17-openjdk " +
  "java-21-openjdk ld.so.cache ld.so.conf ld.so.conf.d ld-musl-x86_64.path ld-musl-aarch64.path locale.alias " +
  "locale.conf localtime lsb-release nsswitch.conf os-release passwd perl pkgconfig pki python2 python3 " +
  "redhat-release ssl static timezone alpine-release arch-release fedora-release"
)
  .split(" ")
  .map((name) => `/etc/${name}`);

/** What else is needed to talk to the world, for packages with `with-network`; every mount costs every unit 0.1 ms. */
export const NETWORK_FILES: readonly string[] =
  "resolv.conf ca-certificates ca-certificates.conf gai.conf host.conf protocols rpc services"
    .split(" ")
    .map((name) => `/etc/${name}`);

/** Empty and private in every sandbox. */
export const TEMPORARY_DIRECTORIES: readonly string[] = ["/tmp", "/var/tmp"];

/** Directories that are too much to be shown because a path happens to name them. */
export function isTooBroad(path: string, home: string | undefined): boolean {
  if (
    path === "/" ||
    ["/home", "/root", "/tmp", "/var", "/etc", "/proc", "/dev", "/sys", "/run", "/srv", "/mnt"].includes(path)
  )
    return true;
  return home !== undefined && (path === home || `${home}/`.startsWith(`${path}/`));
}
