// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { findRoots } from "../cargo/roots.ts";
import type { UnitStore } from "../store/store.ts";
import { digestOf, type InstanceId } from "../unit/digest.ts";
import { instanceOf, preKeyOf, unitKeyOf } from "../unit/key.ts";
import { decidePrivacy, type PrivacyFacts } from "../unit/privacy.ts";
import {
  type Binding,
  type InputSet,
  type OutputFile,
  type Privacy,
  type Provenance,
  RECORD_SCHEMA,
  type SandboxNote,
  type UnitRecord,
} from "../unit/record.ts";
import { normaliseBytes, normaliseDepInfo } from "./bytes-text.ts";
import { noteRun } from "./container/described-runs.ts";
import { changedSince, evaluateInputSet, type InputSetContext } from "./input-sets.ts";
import { privatePlace } from "./private-places.ts";
import { privateVariable } from "./private-variables.ts";
import { REAL_SUFFIX } from "./stand-in.ts";
import type { CapturedOutput, Inheritance, UnitPlan } from "./unit-plan.ts";
import type { LeftFile, UnitRun } from "./unit-runner.ts";
import type { UnitServices } from "./unit-services.ts";

/** What evaluating an input set takes, for this unit. */
export function inputContext(plan: UnitPlan, store: Pick<UnitStore, "digestFile">): InputSetContext {
  return {
    roots: plan.roots,
    env: plan.env,
    relocatable: (name: string) => plan.relocatable(name),
    digestFile: (path: string) => store.digestFile(path),
  };
}

/** The very results that a unit is made against, sorted. */
export function instancesOf(plan: UnitPlan): readonly InstanceId[] {
  return plan.dependencies.map(({ instance }) => instance).sort();
}

/** Of what is not recorded nothing is known, so it is private. */
async function inheritedPrivacy(from: Inheritance): Promise<PrivacyFacts["dependencies"][number]> {
  const unknown: Privacy = { class: "private", reason: "not recorded in this build" };
  if (from === undefined)
    return { identity: { package: "a build script", kind: "build-script" }, privacy: unknown };
  return { identity: from.identity, privacy: (await from.recorded) ?? unknown };
}

/** A unit that ran well, and when. */
export interface FinishedUnit {
  readonly run: UnitRun;
  readonly runner: Provenance["runner"];
  readonly captured: readonly CapturedOutput[];
  /** Inputs must be older: nanoseconds since the epoch. */
  readonly startNs: bigint;
  readonly startMs: number;
  readonly tookMs: number;
}

/** Makes the record and resolves to its class, or reports why there is none. */
export async function makeRecord(
  plan: UnitPlan,
  services: Pick<UnitServices, "store" | "report" | "runner" | "version" | "publicLists">,
  finished: FinishedUnit,
): Promise<Privacy | undefined> {
  const { store, report } = services;
  const { run, captured, startNs, tookMs } = finished;
  const { result, note } = run;
  const refuse = async (reason: string): Promise<undefined> => {
    await store.discard(captured.map(({ staged }) => staged));
    report({ outcome: "uncached", identity: plan.identity, reason, tookMs });
  };
  const objection = run.objection ?? (await plan.objection({ captured, stdout: result.stdout }));
  if (objection !== undefined) return refuse(objection);
  const set: InputSet = await plan.discover({ captured, stdout: result.stdout });
  const inputs = { ...plan.fixed, ...(await evaluateInputSet(set, inputContext(plan, store))) };
  const late = await changedSince(set, plan.roots, startNs);
  if (late !== undefined) return refuse(`"${late}" changed while it was read`);
  const below = await Promise.all(
    plan.dependencies.map(async ({ identity, recorded }) => {
      const privacy = await recorded;
      return privacy === undefined ? [] : [{ identity, privacy }];
    }),
  );
  if (below.some(({ length }) => length === 0)) return refuse("a dependency was not recorded");

  const inherited = await Promise.all(plan.inherits.map(inheritedPrivacy));
  const bound = await plan.bindings({ captured, stdout: result.stdout });
  const kept = await Promise.all(captured.map((output) => keep(output, plan, store, knownOf(output, run))));
  const outputs = kept.map(({ output }) => output).sort((a, b) => (a.path < b.path ? -1 : 1));
  const bindings = mergeBindings([...bound, ...kept.flatMap((each) => each.bindings)]);
  const key = unitKeyOf(inputs);
  const primary = outputs.filter(({ path }) => plan.isPrimary(path));
  const instance = instanceOf(key, primary, instancesOf(plan));
  const foreignRead = services.runner.foreign(set.env, plan.env);
  const sandbox: SandboxNote =
    note.mode === "none" ? note : { ...note, seen: [...new Set([...note.seen, ...foreignRead])].sort() };
  const privacy = decidePrivacy(
    {
      package: plan.package,
      identity: plan.identity,
      dependencies: [...below.flat(), ...inherited],
      foreignEnv: [...plan.foreignEnv, ...foreignRead],
      sandbox,
      particular:
        (await plan.particular()) ??
        privatePlace(inputs) ??
        privateVariable(inputs, services.publicLists.allowEnv),
      bindings,
    },
    services.publicLists,
  );
  const made: UnitRecord = {
    schema: RECORD_SCHEMA,
    key,
    preKey: preKeyOf(plan.fixed),
    instance,
    identity: plan.identity,
    inputs,
    inputSet: set,
    dependencies: instancesOf(plan),
    closure: plan.closure(primary),
    outputs,
    stdout: normaliseBytes(result.stdout, plan.roots),
    stderr: normaliseBytes(result.stderr, plan.roots),
    presentation: plan.presentation,
    bindings,
    privacy,
    provenance: {
      created: finished.startMs + tookMs,
      tookMs,
      green: services.version,
      runner: finished.runner,
      sandbox,
    },
    invocation: plan.invocation,
  };
  if (!isBetter(store.byInstance(instance), made)) store.put(made);
  if (run.describe !== undefined) noteRun(instance, run.describe(), store);
  report({ outcome: "built", identity: plan.identity, key, instance, inputs, tookMs, solved: run.solved });
  return privacy;
}

/** True if the same result is there already, and was made with more isolation. */
function isBetter(there: UnitRecord | undefined, made: UnitRecord): boolean {
  return (
    there !== undefined &&
    made.provenance.sandbox.mode === "none" &&
    there.provenance.sandbox.mode !== "none" &&
    there.presentation === made.presentation &&
    JSON.stringify(there.outputs) === JSON.stringify(made.outputs)
  );
}

/** What the run said of a captured file, if it is of that size still. */
function knownOf({ path, staged }: CapturedOutput, { left }: UnitRun): LeftFile | undefined {
  const known = left?.get(path.endsWith(REAL_SUFFIX) ? path.slice(0, -REAL_SUFFIX.length) : path);
  return known?.size === staged.size ? known : undefined;
}

/** Moves one captured file to its content address, and says which of the machine's paths it contains. */
async function keep(
  { path, role, staged }: CapturedOutput,
  plan: UnitPlan,
  store: UnitStore,
  known: LeftFile | undefined,
): Promise<{ readonly output: OutputFile; readonly bindings: readonly Binding[] }> {
  const { executable } = staged;
  if (role === "dep-info") {
    const text = normaliseDepInfo(readFileSync(staged.path), plan.roots);
    const [normalised] = await Promise.all([store.stageBytes(text, executable), store.discard([staged])]);
    const { digest, size } = await store.adopt(normalised, digestOf(text));
    return { output: { path, role, digest, size, executable }, bindings: [] };
  }
  const names = known?.roots ?? findRoots(await readFile(staged.path), plan.roots);
  const bindings = names.flatMap((name) =>
    plan.roots.roots.filter((root) => root.name === name).map(({ path }) => ({ root: name, path })),
  );
  const { digest, size } = await store.adopt(staged, known?.digest);
  return { output: { path, role, digest, size, executable }, bindings };
}

function mergeBindings(bindings: readonly Binding[]): readonly Binding[] {
  return [...new Map(bindings.map((binding) => [`${binding.root}\0${binding.path}`, binding])).values()];
}
