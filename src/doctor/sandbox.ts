// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import type { Check, DoctorContext, Finding } from "./finding.ts";

/** The kernel that brought Landlock: https://docs.kernel.org/userspace-api/landlock.html */
const LANDLOCK_KERNEL = [5, 13] as const;

/** What of user namespaces, bubblewrap and Landlock is there, and what that means for the mode that is set. */
export const checkSandbox: Check = async (context) => {
  const mode = context.resolved.config.sandbox;
  if (process.platform !== "linux") {
    const says = "units cannot be sandboxed on this system: results are not shared publicly";
    return [
      { check: "sandbox", status: mode === "enforce" ? "problem" : "note", says, ...enforceTodo(mode) },
    ];
  }
  const [namespaces, bubblewrap] = await Promise.all([userNamespaces(context), tryBubblewrap(context)]);
  const landlock = hasLandlock();
  const able = namespaces || bubblewrap === "works";
  const details: Finding[] = [
    detail("user-namespaces", namespaces, "user namespaces: a unit can be cut off from files and network", {
      no: "user namespaces are forbidden here, so `unshare` cannot sandbox units",
      todo: namespacesTodo(),
    }),
    detail("bubblewrap", bubblewrap === "works", "bubblewrap works", {
      no:
        bubblewrap === "missing"
          ? "bubblewrap is not installed"
          : "bubblewrap is installed, but not allowed to make a sandbox",
      todo: bubblewrap === "missing" ? "install bubblewrap" : namespacesTodo(),
    }),
    detail("landlock", landlock, "Landlock is there", { no: "the kernel has no Landlock" }),
  ];
  const sum: Finding = able
    ? { check: "sandbox", status: "ok", says: `units can be sandboxed (sandbox = "${mode}")` }
    : {
        check: "sandbox",
        status: mode === "enforce" ? "problem" : mode === "off" ? "note" : "warning",
        says: `units cannot be sandboxed with namespaces (sandbox = "${mode}"), so they may see the network and HOME`,
        ...(mode === "off" ? {} : { todo: namespacesTodo() }),
      };
  return [sum, ...details];
};

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
function hasLandlock(): boolean {
  const modules = read("/sys/kernel/security/lsm");
  if (modules !== undefined) return modules.split(",").includes("landlock");
  const [major = 0, minor = 0] = (read("/proc/sys/kernel/osrelease") ?? "").split(".").map(Number);
  return major > LANDLOCK_KERNEL[0] || (major === LANDLOCK_KERNEL[0] && minor >= LANDLOCK_KERNEL[1]);
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
