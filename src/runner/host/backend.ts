// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import type { FileAccess } from "../../cargo/files.ts";
import { fileSignature } from "../../cargo/memo.ts";
import type { Runner } from "../../cargo/run-program.ts";
import { sandboxCommand } from "./command.ts";
import { describeSandbox } from "./describe.ts";
import type { SandboxBackend } from "./spec.ts";

/** What finding a backend uses. */
export interface ProbeContext {
  readonly files: Pick<FileAccess, "stat">;
  readonly run: Runner;
  /** PATH says where bubblewrap is. */
  readonly env: ReadonlyMap<string, string>;
  /** The compiled shim; undefined where there is none. */
  readonly shim: string | undefined;
  readonly superuser: boolean;
  /** What holds until the machine starts anew: boot id, user, namespaces. Undefined: nothing is remembered. */
  readonly boot: string | undefined;
  readonly remember: (key: string, value: string) => void;
  readonly known: (key: string) => string | undefined;
}

/**
 * The first that works here: bubblewrap, then the shim itself. Each is tried by running `true` in a sandbox, which
 * takes some milliseconds; the answer is remembered until the next boot or until the programs change.
 */
export async function findBackend(context: ProbeContext): Promise<SandboxBackend> {
  const { files, env, shim, boot, superuser } = context;
  const programs = [
    ...(env.get("PATH") ?? "")
      .split(":")
      .filter((directory) => directory.startsWith("/"))
      .map((directory): SandboxBackend => ({ kind: "bwrap", program: join(directory, "bwrap"), superuser }))
      .filter((backend) => backend.kind === "bwrap" && files.stat(backend.program)?.isFile() === true)
      .slice(0, 1),
    ...(shim === undefined ? [] : [{ kind: "native", program: shim } as const]),
  ];
  const signatures = programs.map((each) =>
    each.kind === "none" ? "" : `${each.kind} ${fileSignature(each.program, files.stat(each.program))}`,
  );
  const key = JSON.stringify(["sandbox", boot, ...signatures]);
  const known = boot === undefined ? undefined : context.known(key);
  if (known !== undefined) return JSON.parse(known) as SandboxBackend;
  const { backend, isSure } = await firstThatWorks(programs, context);
  if (boot !== undefined && isSure) context.remember(key, JSON.stringify(backend));
  return backend;
}

const NONE: SandboxBackend = {
  kind: "none",
  reason: "neither bubblewrap nor unshare(2) works here: namespaces are not allowed",
};

/** `isSure` is false if one was kept from ending by itself, as ^C does: it may work the next time. */
async function firstThatWorks(
  programs: readonly SandboxBackend[],
  { run, env }: ProbeContext,
): Promise<{ readonly backend: SandboxBackend; readonly isSure: boolean }> {
  let isSure = true;
  const spec = describeSandbox({
    readOnly: [],
    readWrite: [],
    scratch: [],
    home: undefined,
    network: false,
    cwd: "/tmp",
  });
  for (const backend of programs) {
    const [program = "", ...args] = sandboxCommand(spec, backend, ["/bin/sh", "-c", "exit 42"]);
    const { code } = await run(program, args, env);
    if (code === 42) return { backend, isSure };
    if (code === undefined) isSure = false;
  }
  return { backend: NONE, isSure };
}
