// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, resolve } from "node:path";
import { identifyPackage } from "../cargo/package.ts";
import { splitRustcArgv } from "../cargo/rustc-options.ts";
import { placeInTarget } from "../cargo/target-layout.ts";
import { confineRustc, confineScript } from "./confinement.ts";
import type { PlanContext } from "./plan-context.ts";
import type { ShimRequest } from "./protocol.ts";
import { rootsOf } from "./request-roots.ts";
import type { UnitToRun } from "./unit-runner.ts";

/**
 * A unit that is not cached, for when even those may only run in a sandbox. All its variables are visible: nothing is
 * recorded of it, so it need not be known which of them it reads.
 * Undefined if Cargo did not start it.
 */
export async function untouchedUnit(
  request: ShimRequest,
  { machine, shim }: Pick<PlanContext, "machine" | "shim">,
): Promise<UnitToRun | undefined> {
  const { env, argv, role, cwd } = request;
  const isRustc = role !== "build-script";
  const programs = role === "workspace-wrapper" ? 2 : 1;
  const rustc = isRustc ? argv[programs - 1] : env.get("RUSTC");
  const place = isRustc ? outputDirectory(argv.slice(programs), cwd) : env.get("OUT_DIR");
  const own = await identifyPackage(env, await machine.packageContext(place ?? cwd));
  if (own === undefined || rustc === undefined) return undefined;
  const { sysroot, text: compiler } = await machine.toolchain(rustc, env);
  const tools = [...machine.rustFiles(env), ...machine.toolFiles(env)];
  const surroundings = { request, sysroot, packageRoot: own.root, tools, shim };
  const outDir = place ?? dirname(argv[0] ?? "");
  const target = placeInTarget(outDir, env.get("TARGET"))?.root ?? outDir;
  const elsewhere = isRustc ? [] : await machine.repository(own.root);
  return {
    package: own,
    name: `${own.name} ${own.version} (${isRustc ? "not cached" : "build script run"})`,
    compiler,
    isRustc,
    cwd,
    env,
    argv,
    programs,
    command: {},
    confinement: isRustc
      ? confineRustc(surroundings)
      : confineScript(surroundings, argv[0] ?? "", outDir, elsewhere),
    roots: rootsOf({ request, package: own, targetRoot: target, sysroot }),
    place: outDir,
    elsewhere,
    around: own.immutable ? undefined : await machine.workspaceOf(own.root),
    reads: new Set(),
    hides: false,
    declared: async () => [],
    declaresElsewhere: async () => false,
    beforeRerun: async () => {},
  };
}

/** Where a compilation writes to; undefined if the command line does not tell. */
function outputDirectory(argv: readonly string[], cwd: string): string | undefined {
  const split = splitRustcArgv(argv);
  if (typeof split === "string") return undefined;
  const named = split.options.findLast(({ name }) => name === "out-dir")?.value;
  return named === undefined ? undefined : resolve(cwd, named);
}
