// SPDX-License-Identifier: MIT OR Apache-2.0

import { runProgram } from "../cargo/run-program.ts";
import { allRemotes, type NamedRemote } from "../config/remotes.ts";
import { resolveConfig } from "../config/resolve.ts";
import { unreadFiles } from "../config/unread.ts";
import { GreenError } from "../error.ts";
import type { GreenFlags } from "../green-flags.ts";
import type { InstalledShim } from "../shim/install.ts";
import { checkBroker } from "./broker.ts";
import type { Check, DoctorContext, Finding } from "./finding.ts";
import { checkLastBuild } from "./last-build.ts";
import { checkMachine } from "./machine.ts";
import { checkSandbox } from "./sandbox.ts";
import { checkStore } from "./store.ts";
import { checkToolchain } from "./toolchain.ts";
import { checkWrappers } from "./wrappers.ts";

export interface DoctorRequest {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly flags: GreenFlags;
  /** Makes sure that there is a shim. */
  readonly prepareShim: (context: DoctorContext) => Promise<InstalledShim>;
  readonly formatSize: (bytes: number) => string;
}

/** Looks at everything that builds need. Where the settings cannot be read, that is all it finds. */
export async function examine(request: DoctorRequest): Promise<readonly Finding[]> {
  const { env, cwd, flags, formatSize } = request;
  const node: Finding = { check: "node", status: "ok", says: `Node ${process.versions.node}` };
  let context: DoctorContext;
  try {
    const { profile, config } = flags;
    const resolved = await resolveConfig({ env, cwd, start: cwd, profile, flags: config, exact: true });
    const variables = new Map(
      Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    context = { env, cwd, resolved, attempt: (program, args) => runProgram(program, args, variables, cwd) };
  } catch (thrown) {
    const { message, hint } = GreenError.from(thrown);
    return [node, { check: "settings", status: "problem", says: message, todo: hint ?? "correct it" }];
  }
  const found = [node, settings(context), ...unread(context)];
  const run = async (check: Check) => found.push(...(await check(context)));
  await run(checkToolchain);
  const { finding, path, isNative } = await shimOf(request, context);
  found.push(finding);
  if (path !== undefined) await run(checkWrappers(path));
  await run(checkStore(formatSize));
  await run(checkMachine(formatSize));
  await run(checkSandbox(isNative ? path : undefined));
  await run(checkBroker);
  await run(checkLastBuild);
  return [...found, ...remotes(context)];
}

function settings({ resolved }: DoctorContext): Finding {
  const files = new Set(resolved.files.map(({ path }) => path));
  const from = files.size === 0 ? "no file has any" : `from ${[...files].join(", ")}`;
  const { enabled } = resolved.config;
  if (enabled) return { check: "settings", status: "ok", says: `the settings can be used; ${from}` };
  return {
    check: "settings",
    status: "warning",
    says: "the cache is switched off",
    todo: "`cargo green config show` says where `enabled` is set",
  };
}

function unread({ resolved, cwd }: DoctorContext): readonly Finding[] {
  return unreadFiles(resolved.places, cwd).map((path) => ({
    check: "settings",
    status: "warning",
    says: `"${path}" is not read: it is not at the workspace's root`,
    todo: "move what it says to .cargo/green.toml there, or to [package.metadata.green] in Cargo.toml",
  }));
}

async function shimOf(request: DoctorRequest, context: DoctorContext) {
  const check = "shim";
  try {
    const { path, kind } = await request.prepareShim(context);
    const finding: Finding =
      kind === "native"
        ? { check, status: "ok", says: `the shim is ${path}` }
        : slowShim(path, context.resolved.config.sandbox === "enforce");
    return { finding, path, isNative: kind === "native" };
  } catch (thrown) {
    const { message, hint } = GreenError.from(thrown);
    const finding: Finding = {
      check,
      status: "problem",
      says: message,
      todo: hint ?? "set cache-dir to a directory where programs can be executed",
    };
    return { finding, path: undefined, isNative: false };
  }
}

function slowShim(path: string, enforced: boolean): Finding {
  const scripts = enforced
    ? 'packages with a build script fail (sandbox = "enforce")'
    : "build scripts always run, outside of the sandbox";
  return {
    check: "shim",
    status: enforced ? "problem" : "warning",
    says: `the shim could not be compiled: a slower one is used, and ${scripts}`,
    todo: `make rustc work, then remove ${path.replace(/\/[^/]+\/[^/]+$/, "")}`,
  };
}

function remotes({ resolved }: DoctorContext): readonly Finding[] {
  const all = allRemotes(resolved.config);
  if (all.length === 0) return [];
  const list = (some: readonly NamedRemote[]) => some.map(({ name }) => name).join(", ");
  const findings: Finding[] = [{ check: "remotes", status: "ok", says: `remotes: ${list(all)}` }];
  const unsaid = all.filter(
    ({ name }) => resolved.tableOrigins.remotes.get(name)?.get("visibility")?.kind === "default",
  );
  if (unsaid.length > 0) {
    const says = `taken as public, so that nothing private is sent there: ${list(unsaid)}`;
    findings.push({ check: "remotes", status: "note", says });
  }
  return findings;
}
