// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { nodeFiles } from "../cargo/files.ts";
import { runProgram } from "../cargo/run-program.ts";
import { findBackend } from "../runner/host/backend.ts";
import type { SandboxBackend } from "../runner/host/spec.ts";
import type { Check, DoctorContext, Finding } from "./finding.ts";

/** The kernel that brought Landlock: https://docs.kernel.org/userspace-api/landlock.html */
const LANDLOCK_KERNEL = [5, 13] as const;

/**
 * What makes a sandbox here, tried as builds try it, and what of user namespaces, bubblewrap and Landlock is there.
 * `shim`: the compiled one, undefined if there is none.
 */
export function checkSandbox(shim: string | undefined): Check {
  return async (context) => {
    const mode = context.resolved.config.sandbox;
    if (process.platform !== "linux") {
      const says = "units cannot be sandboxed on this system: results are not shared publicly";
      return [
        { check: "sandbox", status: mode === "enforce" ? "problem" : "note", says, ...enforceTodo(mode) },
      ];
    }
    const [backend, namespaces, bubblewrap] = await Promise.all([
      tryBackends(context, shim),
      userNamespaces(context),
      tryBubblewrap(context),
    ]);
    return [
      summary(backend, mode),
      detail("user-namespaces", namespaces, "user namespaces are allowed", {
        no: "user namespaces are forbidden here, so only the superuser could sandbox units",
        todo: namespacesTodo(),
      }),
      detail("bubblewrap", bubblewrap === "works", "bubblewrap works", {
        no:
          bubblewrap === "missing"
            ? "bubblewrap is not installed"
            : "bubblewrap is installed, but not allowed to make a sandbox",
        todo: bubblewrap === "missing" ? "install bubblewrap" : namespacesTodo(),
      }),
      { check: "landlock", status: "note", says: `${landlock()}; this version does not use it` },
    ];
  };
}

function summary(backend: SandboxBackend, mode: string): Finding {
  const check = "sandbox";
  const set = `(sandbox = "${mode}")`;
  if (backend.kind !== "none") {
    const by = backend.kind === "bwrap" ? `bubblewrap, ${backend.program}` : "the shim itself";
    return mode === "off"
      ? { check, status: "note", says: `units could be sandboxed by ${by}, and are not ${set}` }
      : { check, status: "ok", says: `units are sandboxed by ${by} ${set}` };
  }
  return {
    check,
    status: mode === "enforce" ? "problem" : mode === "off" ? "note" : "warning",
    says:
      mode === "enforce"
        ? `units cannot be sandboxed, so none is compiled ${set}`
        : `units cannot be sandboxed, so they may see the network and HOME ${set}`,
    ...(mode === "off" ? {} : { todo: namespacesTodo() }),
  };
}

function tryBackends({ env }: DoctorContext, shim: string | undefined): Promise<SandboxBackend> {
  const variables = Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return findBackend({
    files: nodeFiles("utf8"),
    run: runProgram,
    env: new Map(variables),
    shim,
    superuser: process.getuid?.() === 0,
    boot: undefined,
    known: () => undefined,
    remember: () => {},
  });
}

function enforceTodo(mode: string): Pick<Finding, "todo"> {
  return mode === "enforce" ? { todo: 'set sandbox = "prefer" or "off"' } : {};
}

/** One ability; to lack one is no more than a note, as another may do. */
function detail(
  check: string,
  there: boolean,
  yes: string,
  { no, todo }: { readonly no: string; readonly todo?: string },
): Finding {
  if (there) return { check, status: "ok", says: yes };
  return { check, status: "note", says: no, ...(todo === undefined ? {} : { todo }) };
}

async function userNamespaces({ attempt }: DoctorContext): Promise<boolean> {
  return (await attempt("unshare", ["--user", "--map-root-user", "--net", "true"])).code === 0;
}

async function tryBubblewrap({ attempt }: DoctorContext): Promise<"works" | "missing" | "refused"> {
  if ((await attempt("bwrap", ["--version"])).code !== 0) return "missing";
  const { code } = await attempt("bwrap", ["--ro-bind", "/", "/", "--dev", "/dev", "--unshare-all", "true"]);
  return code === 0 ? "works" : "refused";
}

/** The list of security modules where it can be seen (often not in containers), else by the kernel's version. */
function landlock(): string {
  const modules = read("/sys/kernel/security/lsm");
  if (modules !== undefined) {
    return modules.trim().split(",").includes("landlock")
      ? "Landlock is there"
      : "Landlock is not switched on";
  }
  const [major = 0, minor = 0] = (read("/proc/sys/kernel/osrelease") ?? "").split(".").map(Number);
  const isNew = major > LANDLOCK_KERNEL[0] || (major === LANDLOCK_KERNEL[0] && minor >= LANDLOCK_KERNEL[1]);
  return isNew ? "the kernel may have Landlock" : "the kernel has no Landlock";
}

/** Who forbids user namespaces, as far as that can be seen. */
function namespacesTodo(): string {
  if (read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")?.trim() === "1") {
    return "install bubblewrap with its AppArmor profile, or set kernel.apparmor_restrict_unprivileged_userns=0";
  }
  if (read("/proc/sys/kernel/unprivileged_userns_clone")?.trim() === "0") {
    return "set kernel.unprivileged_userns_clone=1";
  }
  if (read("/proc/sys/user/max_user_namespaces")?.trim() === "0")
    return "set user.max_user_namespaces above 0";
  return "in a container, allow user namespaces: docker run --security-opt seccomp=unconfined";
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
