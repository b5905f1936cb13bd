// SPDX-License-Identifier: MIT OR Apache-2.0

/** One thing that a sandboxed program sees besides /proc and a small /dev. Paths are absolute, without symbolic links. */
export type SandboxMount =
  /** A file or directory of this machine, at its own path; nothing if it is not there. */
  | { readonly kind: "ro" | "rw"; readonly path: string }
  /** An empty directory that is gone afterwards. */
  | { readonly kind: "tmpfs"; readonly path: string }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string };

/** All that a sandboxed program sees. Plain data: backends turn it into a command line. */
export interface SandboxSpec {
  /** What lies below another one comes after it. */
  readonly mounts: readonly SandboxMount[];
  /** False: no network but a loopback interface of its own. */
  readonly network: boolean;
  readonly cwd: string;
}

/** What makes a sandbox on this machine; `none` where nothing can. */
export type SandboxBackend =
  /** bubblewrap, by its absolute path; `superuser` if it is run by uid 0. */
  | { readonly kind: "bwrap"; readonly program: string; readonly superuser: boolean }
  /** shim/sandbox.rs, by the absolute path of the compiled shim. */
  | { readonly kind: "native"; readonly program: string }
  /** Why not, as the end of a sentence. */
  | { readonly kind: "none"; readonly reason: string };
