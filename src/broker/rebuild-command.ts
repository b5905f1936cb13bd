// SPDX-License-Identifier: MIT OR Apache-2.0
import { cargoHome } from "../cargo/package.ts";
import { expandText, type PathRoots } from "../cargo/roots.ts";
import { GreenError } from "../error.ts";
import { sandboxCommand } from "../runner/host/command.ts";
import { describeSandbox } from "../runner/host/describe.ts";
import { bypassLaunchers } from "../runner/host/launchers.ts";
import type { SandboxBackend } from "../runner/host/spec.ts";
import type { UnitRecord } from "../unit/record.ts";
import { confineRustc } from "./confinement.ts";
import { declaredElsewhere } from "./input-sets.ts";

/** What the surroundings of a compilation are, apart from its record. */
export interface RebuildSurroundings {
  /** The environment of the user. */
  readonly env: ReadonlyMap<string, string>;
  readonly roots: PathRoots;
  readonly rustc: string;
  readonly sysroot: string;
  readonly backend: SandboxBackend;
  /** Programs on PATH that are not the system's. */
  readonly tools: readonly string[];
  readonly shim: string | undefined;
}

export interface RebuildCommand {
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
}

/** What everything that compiles needs of the user's variables; HOME only where nothing is hidden. */
const INHERITED = ["PATH", "LANG", "TMPDIR"];

/**
 * The command that makes a record's result again, isolated as the record says that it was.
 * @throws GreenError "environment" if it was made in a sandbox and there is none here
 */
export function rebuildCommand(record: UnitRecord, around: RebuildSurroundings): RebuildCommand {
  const { roots, rustc, sysroot, backend, tools, shim } = around;
  const { sandbox } = record.provenance;
  const confined = sandbox.mode !== "none";
  const names = confined && !sandbox.seen.includes("HOME") ? INHERITED : [...INHERITED, "HOME"];
  const own = Object.entries(record.invocation.env).map(
    ([name, value]) => [name, expandText(value, roots)] as const,
  );
  const env = new Map([...[...around.env].filter(([name]) => names.includes(name)), ...own]);
  const argv = [rustc, ...record.invocation.argv.map((arg) => expandText(arg, roots))];
  const cwd = expandText(record.invocation.cwd, roots);
  if (!confined) return { argv, env, cwd };
  if (backend.kind === "none") {
    throw new GreenError("environment", `it was made in a sandbox, and ${backend.reason}`);
  }
  const packageRoot = env.get("CARGO_MANIFEST_DIR") ?? cwd;
  const { readOnly, readWrite } = confineRustc({
    request: { role: "rustc", cwd, argv, env },
    ...{ sysroot, packageRoot, tools, shim },
  });
  const home = cargoHome(around.env);
  const spec = describeSandbox({
    readOnly: [...readOnly, ...declaredElsewhere(record.inputSet.files, roots, [packageRoot])],
    readWrite,
    scratch: [env.get("TMPDIR"), sandbox.network ? home : undefined].filter((path) => path !== undefined),
    home: around.env.get("HOME"),
    network: sandbox.network,
    cwd,
  });
  return {
    argv: sandboxCommand(spec, backend, argv),
    env: new Map([...env, ...bypassLaunchers(env).set]),
    cwd,
  };
}
