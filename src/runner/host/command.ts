// SPDX-License-Identifier: MIT OR Apache-2.0
import type { SandboxBackend, SandboxMount, SandboxSpec } from "./spec.ts";

/** Docker's default set without the rights over devices, network and the system: root keeps those over its own files. */
const KEPT_CAPABILITIES =
  "CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID".split(
    " ",
  );

/** The command line that runs `argv` in such a sandbox; `argv` itself without a backend. */
export function sandboxCommand(
  spec: SandboxSpec,
  backend: SandboxBackend,
  argv: readonly string[],
): readonly string[] {
  switch (backend.kind) {
    case "none":
      return argv;
    case "native":
      return [backend.program, "--green-sandbox", ...nativeWords(spec), "--", ...argv];
    case "bwrap":
      return [backend.program, ...bwrapOptions(spec, backend.superuser), "--", ...argv];
  }
}

/** As shim/sandbox.rs reads them. */
function nativeWords({ mounts, network, cwd }: SandboxSpec): readonly string[] {
  const words = mounts.flatMap((mount) =>
    mount.kind === "symlink" ? [mount.kind, mount.target, mount.path] : [mount.kind, mount.path],
  );
  return [...words, ...(network ? ["network"] : []), "cwd", cwd];
}

/** bubblewrap 0.8, bwrap(1). The superuser gets no user namespace there either. */
function bwrapOptions({ mounts, network, cwd }: SandboxSpec, superuser: boolean): readonly string[] {
  const capabilities = superuser ? KEPT_CAPABILITIES.flatMap((name) => ["--cap-add", name]) : [];
  const shown = mounts.flatMap(bwrapMount);
  return [
    ...["--die-with-parent", "--unshare-pid", "--unshare-ipc", ...(network ? [] : ["--unshare-net"])],
    ...["--cap-drop", "ALL", ...capabilities],
    // Before what is shown: a project may lie in /dev/shm.
    ...["--proc", "/proc", "--dev", "/dev"],
    ...shown,
    ...["--dir", cwd, "--remount-ro", "/", "--chdir", cwd],
  ];
}

function bwrapMount(mount: SandboxMount): readonly string[] {
  switch (mount.kind) {
    case "ro":
      return ["--ro-bind-try", mount.path, mount.path];
    case "rw":
      return ["--bind-try", mount.path, mount.path];
    case "tmpfs":
      return ["--perms", "1777", "--tmpfs", mount.path];
    case "symlink":
      return ["--symlink", mount.target, mount.path];
  }
}
