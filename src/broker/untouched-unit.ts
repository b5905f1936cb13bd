// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname } from "node:path";
import { confineRustc, confineScript } from "./confinement.ts";
import type { ConfinedUnit } from "./isolation.ts";
import type { PlanContext } from "./plan-context.ts";
import type { ShimRequest } from "./protocol.ts";

/**
 * A unit that is not cached, for when even those may only run in a sandbox. All its variables are visible: nothing is
 * recorded of it, so it need not be known which of them it reads.
 * Undefined if Cargo did not start it.
 */
export async function untouchedUnit(
  request: ShimRequest,
  { machine, shim }: Pick<PlanContext, "machine" | "shim">,
): Promise<ConfinedUnit | undefined> {
  const { env, argv, role, cwd } = request;
  const packageRoot = env.get("CARGO_MANIFEST_DIR");
  const name = env.get("CARGO_PKG_NAME");
  const isRustc = role !== "build-script";
  const rustc = isRustc ? argv[role === "workspace-wrapper" ? 1 : 0] : env.get("RUSTC");
  if (packageRoot === undefined || name === undefined || rustc === undefined) return undefined;
  const [{ sysroot }, ...programs] = await Promise.all([
    machine.toolchain(rustc, env),
    machine.rustFiles(env),
    machine.toolFiles(env),
  ]);
  const surroundings = { request, sysroot, packageRoot, tools: programs.flat(), shim };
  const outDir = env.get("OUT_DIR") ?? dirname(argv[0] ?? "");
  return {
    package: name,
    name: `${name} ${env.get("CARGO_PKG_VERSION") ?? ""} (${isRustc ? "not cached" : "build script run"})`,
    isRustc,
    cwd,
    env,
    argv,
    command: {},
    confinement: isRustc
      ? confineRustc(surroundings)
      : confineScript(surroundings, argv[0] ?? "", outDir, await machine.repository(packageRoot)),
    reads: new Set(),
    hides: false,
    declared: async () => [],
    declaresElsewhere: async () => false,
    beforeRerun: async () => {},
  };
}
