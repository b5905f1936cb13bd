// SPDX-License-Identifier: MIT OR Apache-2.0
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { expandText, type PathRoots } from "../../cargo/roots.ts";
import type { UnitIdentity } from "../../unit/record.ts";
import { latestChange } from "../../unit/tree.ts";
import { changedSince } from "../input-sets.ts";
import type { KnownUnit } from "../known-units.ts";
import type { PlanContext } from "../plan-context.ts";
import type { ShimRequest } from "../protocol.ts";
import { RequestRoots } from "../request-roots.ts";
import { PACKAGE_TREE, WORKSPACE_TREE } from "../rustc-inputs.ts";
import { planRustc } from "../rustc-unit.ts";
import { planScriptRun } from "../script-unit.ts";
import type { AskedShape } from "./asked-shape.ts";
import type { BuiltUnit } from "./built-unit.ts";
import type { ExaminedUnit, ProofContext } from "./examined-unit.ts";
import { changedInput } from "./file-ages.ts";
import { type Left, left } from "./left.ts";
import { noteDigests } from "./noting-store.ts";
import { objectionToCompilation } from "./prove-compilation.ts";
import { objectionToRun } from "./prove-run.ts";
import type { CargoDirectories } from "./scratch-invocation.ts";

/** A unit that stays, and as much of it as was found out. */
export interface Unproven extends Left {
  readonly identity?: UnitIdentity | undefined;
  readonly unit?: ExaminedUnit;
}

/** What is to be proven. */
export interface Claim {
  /** As Cargo would ask in the user's directories, but that a build script's own executable is named. */
  readonly request: ShimRequest;
  readonly shape: Exclude<AskedShape, { readonly kind: "other" }>;
  readonly built: BuiltUnit;
}

/**
 * Plans a unit as for a build, paths not remapped, and makes sure that each thing in its key was the same when it
 * was built. What Cargo's fingerprint covers is; of all else the age, or a declared value, must tell.
 * Throws what planning throws.
 */
export async function proveUnit(claim: Claim, context: ProofContext): Promise<ExaminedUnit | Unproven> {
  const { request, shape, built } = claim;
  const early = await staleDependency(claim, context);
  if (early !== undefined) return early;
  const { store, noted } = noteDigests(context.store, context.unstored);
  const planning: PlanContext = {
    store,
    config: { ...context.config, remapPathPrefix: false },
    machine: context.machine,
    system: context.system,
    known: context.known,
    roots: new RequestRoots(),
    shim: context.shim,
    inPlace: true,
  };
  const plan = await (shape.kind === "run" ? planScriptRun : planRustc)(request, planning);
  if ("untouched" in plan) return { ...left("uncacheable", plan.untouched), identity: plan.identity };
  const { identity } = plan;
  const outputs = await plan.outputs();
  const set = await plan.discover({ captured: [], stdout: built.stdout });
  const unit = { plan, set, outputs, built };
  const objection =
    (shape.kind === "run"
      ? await objectionToRun(unit, context)
      : await objectionToCompilation({ ...unit, parsed: shape.parsed }, context)) ??
    (await changedPackage(unit, context)) ??
    changed(await changedInput([...noted, ...searched(claim)], built, context.directories)) ??
    changed(placed(await changedSince(set, plan.roots, built.start), plan.roots)) ??
    unproven(await plan.objection({ captured: [], stdout: built.stdout }));
  return objection === undefined ? unit : { ...objection, identity, unit };
}

function changed(what: string | undefined): Left | undefined {
  return what === undefined ? undefined : left("changed", `"${what}" was changed since`);
}

function placed(path: string | undefined, roots: PathRoots): string | undefined {
  return path === undefined ? undefined : expandText(path, roots);
}

function unproven(reason: string | undefined): Left | undefined {
  return reason === undefined ? undefined : left("uncacheable", reason);
}

/** Directories in which libraries are looked for: one that is gone shows in their age alone. */
function searched({ request, shape }: Claim): readonly string[] {
  if (shape.kind === "run") return [];
  return shape.parsed.searchPaths.flatMap(({ kind, path }) =>
    kind === "dependency" || kind === "crate" ? [] : [resolve(request.cwd, path)],
  );
}

/** What a unit was compiled against must be what lies there now, and be known itself. */
async function staleDependency(
  { request, shape, built }: Claim,
  { known, neighbours }: ProofContext,
): Promise<Left | undefined> {
  for (const { hash, externName } of built.fingerprint.deps) {
    const below = neighbours.withFingerprint(hash);
    if (below.length === 0) return left("dependency", `what it needs (${externName}) was not built here`);
    for (const each of below) {
      // Only metadata is used before the unit behind it has ended.
      if (each.shape.kind === "run" && each.built.end > built.start)
        return left("changed", `the build script of ${externName} ran since`);
    }
  }
  const files =
    shape.kind === "run"
      ? [{ name: "its own executable", path: request.argv[0] }]
      : shape.parsed.externs.map(({ name, path }) => ({ name, path }));
  for (const { name, path } of files) {
    if (path === undefined) continue; // a crate of the sysroot
    const file = resolve(request.cwd, path);
    const unit: KnownUnit | undefined = await known.at(file, []);
    if (unit === undefined) return left("dependency", `what it needs (${name}) is left`);
    const time = statSync(file, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
    if (time === undefined || time > built.start) return left("changed", `${name} was built since`);
  }
  return undefined;
}

/** A package that can change, where more of it than dep-info names is in the key: macros and scripts read what they like. */
async function changedPackage(
  { plan, built }: ExaminedUnit,
  { workspace }: ProofContext,
): Promise<Left | undefined> {
  const { package: own, fixed } = plan;
  if (own.immutable || !Object.keys(fixed).some((label) => label.startsWith("package directory")))
    return undefined;
  if ((await latestChange(own.root, "sources")) >= built.start)
    return left("changed", "something in its package's directory was changed since");
  // Nothing kept its macros in when Cargo compiled it.
  if (PACKAGE_TREE in fixed && own.root !== workspace && !(WORKSPACE_TREE in fixed))
    return left("unproven", "what its procedural macros read outside of the package is not known");
  if (WORKSPACE_TREE in fixed && (await latestChange(workspace, "sources")) >= built.start)
    return left("changed", "something in the workspace's directory was changed since");
  // Members inherit from it what Cargo tells them in variables.
  return changed(await changedInput([join(workspace, "Cargo.toml")], built, NO_DIRECTORIES));
}

const NO_DIRECTORIES: CargoDirectories = { target: "/dev/null", build: "/dev/null" };
