// SPDX-License-Identifier: MIT OR Apache-2.0

/** Directories that a system or its package manager made, with all that is below. */
const SHARED_TREES =
  /^\/(usr\/(?!local(\/|$)|src(\/|$))[^/]+|lib|lib32|lib64|libx32|bin|sbin|etc\/(ssl|pki|alternatives)|dev|proc|nix\/store|gnu\/store|usr\/local\/(rustup|cargo|cuda[\w.-]*)|opt\/(homebrew|local)|Library\/Developer|Applications\/Xcode\.app|System\/Library)(\/|$)/;
/** Those of which only the directory itself is everybody's. */
const SHARED_DIRECTORIES = new Set(
  "/ /usr /usr/local /usr/local/bin /usr/local/sbin /usr/local/lib /usr/local/lib64 /usr/local/include /usr/local/share /etc /opt /tmp /var/tmp /home /root /srv /mnt".split(
    " ",
  ),
);

/**
 * True if many machines have this absolute path, so that it says nothing of who has it: the system's directories,
 * and those where the official images of Rust keep theirs. In doubt, as for paths with `..`, it is not.
 */
export function isSharedPlace(path: string): boolean {
  if (/(^|\/)\.\.(\/|$)/.test(path)) return false;
  return SHARED_TREES.test(path) || SHARED_DIRECTORIES.has(path.replace(/(?<=.)\/+$/, ""));
}
