// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseDepInfo } from "../../cargo/dep-info.ts";
import { cargoHome } from "../../cargo/package.ts";
import type { RustcInvocation } from "../../cargo/rustc-argv.ts";
import { primaryOutputs, requiredOutputs } from "../../cargo/rustc-outputs.ts";
import { linkArgsOf, linkerOf } from "../rustc-inputs.ts";
import { REAL_SUFFIX } from "../stand-in.ts";
import type { ExaminedUnit, ProofContext } from "./examined-unit.ts";
import { changedDirectory, foreignOutput, writtenAt } from "./file-ages.ts";
import { COPIED, type Left, left } from "./left.ts";
import { objectionToPaths } from "./plain-paths.ts";
import { unprovenVariable } from "./proven-environment.ts";

interface Question extends ExaminedUnit {
  readonly parsed: RustcInvocation;
}

/** Why it cannot be told that a compilation gave this, apart from its inputs' ages; undefined if it did. */
export async function objectionToCompilation(
  question: Question,
  context: Pick<ProofContext, "ages" | "neighbours" | "isOwnTarget">,
): Promise<Left | undefined> {
  const { plan, parsed, outputs } = question;
  const { isOwnTarget } = context;
  const home = cargoHome(plan.env) ?? "";
  return (
    changedFiles(question, context) ??
    (await changedVariable(question)) ??
    (await changedSystem(question, context)) ??
    (await objectionToPaths({ plan, parsed, outputs, cargoHome: home, isOwnTarget }))
  );
}

/** Its own files are of that time; what it was made of, and lies in Cargo's directories, is older. */
function changedFiles(
  { plan, parsed, outputs, built }: Question,
  { neighbours }: Pick<ProofContext, "neighbours">,
): Left | undefined {
  const names = new Set(
    outputs.map(({ path, role }) =>
      role === "real-build-script" ? path.slice(0, -REAL_SUFFIX.length) : path,
    ),
  );
  if (requiredOutputs(parsed).some((anyOf) => !anyOf.some((name) => names.has(name))))
    return left("changed", "its files are not all there any more");
  const foreign = foreignOutput(outputs, built);
  if (foreign !== undefined) return left("changed", `its file "${foreign}" was changed since`);
  const outDir = plan.env.get("OUT_DIR");
  if (outDir !== undefined && changedDirectory(outDir, built.start) !== undefined)
    return left("changed", "what its build script generated was changed since");
  if (!("linker and C library" in plan.fixed)) return undefined;
  const newer = newerBelow(parsed, plan.run.cwd, built.start, neighbours);
  return newer === undefined ? undefined : left("changed", `"${newer}" was built since`);
}

/** The linker takes in everything at any depth, which rustc finds by itself. */
function newerBelow(
  { externs }: RustcInvocation,
  cwd: string,
  start: bigint,
  neighbours: ProofContext["neighbours"],
): string | undefined {
  const pending = externs.flatMap(({ path }) => path ?? []).map((path) => resolve(cwd, path));
  const seen = new Set(pending);
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    const shape = neighbours.at(path)?.shape;
    if (shape?.kind !== "compile") return path;
    for (const name of primaryOutputs(shape.parsed)) {
      if ((writtenAt(join(shape.place, name)) ?? 0n) > start) return name;
    }
    for (const extern of shape.parsed.externs) {
      const below = extern.path === undefined ? undefined : resolve(cwd, extern.path);
      if (below === undefined || seen.has(below)) continue;
      seen.add(below);
      pending.push(below);
    }
  }
  return undefined;
}

/** Dep-info has the values of the variables that a source asked for. */
async function changedVariable({ plan, parsed }: Question): Promise<Left | undefined> {
  const path = join(plan.place, `${parsed.crateName}${parsed.extraFilename}.d`);
  const declared = parseDepInfo((await readFile(path)).toString("utf8")).env;
  const other = declared.find(({ name, value }) => plan.env.get(name) !== value);
  if (other !== undefined) return left("changed", `the variable ${other.name} has another value now`);
  const names = new Set(declared.map(({ name }) => name));
  const variable = unprovenVariable(Object.keys(plan.fixed), names);
  return variable === undefined ? undefined : left("unproven", `which value ${variable} had is not known`);
}

/** What its key says of this system must have been so. */
async function changedSystem(
  { plan: { fixed, env }, parsed, built: { start, isFromHere } }: Question,
  { ages }: Pick<ProofContext, "ages">,
): Promise<Left | undefined> {
  if ("git state" in fixed)
    return left("unproven", "a proc-macro may have asked git, whose state then is not known");
  if (!isFromHere && ["linker and C library", "system", "tools"].some((label) => label in fixed))
    return left("unproven", COPIED);
  if ("linker and C library" in fixed) {
    const age = await ages.linker(linkerOf(parsed), linkArgsOf(parsed), env);
    if (age >= start) return left("unproven", "the linker or the C library was changed since");
  }
  if ("system" in fixed && (await ages.packages(env)) >= start)
    return left("unproven", "the system's packages were changed since");
  if ("tools" in fixed && (await ages.tools(env)) >= start)
    return left("unproven", "programs that a proc-macro may call were changed since");
  return undefined;
}
