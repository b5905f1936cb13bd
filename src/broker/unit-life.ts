// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { hasDiagnostics } from "../cargo/rustc-messages.ts";
import { GreenError } from "../error.ts";
import type { UnitStore } from "../store/store.ts";
import type { UnitKey } from "../unit/digest.ts";
import { instanceOf, keysOf, unitKeyOf } from "../unit/key.ts";
import type { Inputs, Privacy, UnitResult } from "../unit/record.ts";
import { expandBytes, normaliseBytes } from "./bytes-text.ts";
import { evaluateInputSet } from "./input-sets.ts";
import { type KnownUnit, type KnownUnits, knownFromRecord } from "./known-units.ts";
import { layDown } from "./lay-down.ts";
import { inputContext, instancesOf, makeRecord } from "./make-record.ts";
import type { FinalAnswer } from "./protocol.ts";
import { REMAPPING } from "./remap.ts";
import type { CapturedOutput, UnitPlan } from "./unit-plan.ts";
import type { AskingShim } from "./unit-runner.ts";
import type { UnitOutcome, UnitServices } from "./unit-services.ts";
import { unitToRun } from "./unit-to-run.ts";

/** Files written so shortly before a compile's start may carry its time stamp: the kernel's clock ticks coarsely. */
const CLOCK_MARGIN_MS = 15;

/** Answers one request: from a record if one fits, else by running it and making a record of what came out. */
export async function liveUnit(
  plan: UnitPlan,
  services: UnitServices,
  shim: AskingShim,
): Promise<FinalAnswer> {
  const record = (await findRecord(plan, services)) ?? (await fetchRecord(plan, services));
  if (record !== undefined) {
    const answer = await tryRestore(plan, record, services);
    if (answer !== undefined) return answer;
  }
  return runAndRecord(plan, services, shim);
}

/** The same, after remotes were asked for it. */
async function fetchRecord(plan: UnitPlan, services: UnitServices): Promise<UnitResult | undefined> {
  const came = await services.fetch?.(plan);
  return came === true ? findRecord(plan, services) : undefined;
}

/** Where records are looked for. */
export interface RecordSource extends Pick<UnitStore, "inputSets" | "digestFile"> {
  find(key: UnitKey): readonly UnitResult[];
}

/**
 * The record that is right for a unit on this machine as it is now: of what we compile, or of what plain Cargo did
 * and was adopted, whose paths are not remapped.
 */
export async function findRecord(
  plan: UnitPlan,
  { store, runner }: Pick<UnitServices, "runner"> & { readonly store: RecordSource },
  prefer: RecordChoice = "compiled",
): Promise<UnitResult | undefined> {
  for (const { fixed, accepts } of choicesOf(plan, prefer)) {
    const keys = keysOf(fixed);
    for (const set of store.inputSets(keys.preKey)) {
      const others = await evaluateInputSet(set, inputContext(plan, store));
      const found = store
        .find(keys.unitKey(others))
        .find(
          (record) => accepts(record) && fits(record, plan) && runner.accepts(record, plan.identity.package),
        );
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** What is taken first where there is both. Results are used only on those that they were made against. */
export type RecordChoice = "compiled" | "adopted";

interface Choice {
  readonly fixed: Inputs;
  readonly accepts: (record: UnitResult) => boolean;
}

/** One after the other: mostly the first one leads to a record. */
function* choicesOf({ fixed }: UnitPlan, prefer: RecordChoice): Iterable<Choice> {
  const compiled: Choice = { fixed, accepts: () => true };
  if (prefer === "compiled") yield compiled;
  if (REMAPPING in fixed) {
    const { [REMAPPING]: _, ...plain } = fixed;
    // Only where plain Cargo's own result was asked for to be taken in: a setting decides about all others.
    yield { fixed: plain, accepts: isAdopted };
  }
  if (prefer === "adopted") yield compiled;
}

/** True if plain Cargo made it. */
export function isAdopted({ provenance }: Pick<UnitResult, "provenance">): boolean {
  return provenance.runner === "adopted";
}

/** The key matched; what a record demands of its surroundings must match as well. */
function fits(record: UnitResult, plan: UnitPlan): boolean {
  const instances = plan.dependencies.map(({ instance }) => instance).sort();
  return (
    record.dependencies.length === instances.length &&
    record.dependencies.every((instance, at) => instance === instances[at]) &&
    record.bindings.every(({ root, path }) =>
      plan.roots.roots.some((here) => here.name === root && here.path === path),
    ) &&
    (record.presentation === plan.presentation || !hasDiagnostics(record.stdout + record.stderr))
  );
}

async function tryRestore(
  plan: UnitPlan,
  record: UnitResult,
  services: UnitServices,
): Promise<FinalAnswer | undefined> {
  const { store, known, report } = services;
  let answer: FinalAnswer;
  try {
    answer = answerFrom(plan, record);
    await plan.clear();
    // All of them have ended when one failed: none may come down on what the compiler writes then.
    const laid = await Promise.allSettled(record.outputs.map((output) => layDown(output, plan, store)));
    for (const each of laid) if (each.status === "rejected") throw each.reason;
    await plan.afterRestore();
  } catch (thrown) {
    const error = GreenError.from(thrown);
    if (error.code === "internal" && !isFileSystemError(error.cause)) throw thrown;
    return undefined; // a damaged store or a full disk: the compiler writes the files anew
  }
  announceRecord(plan, record, known);
  store.touch(record.instance);
  report(outcomeFrom("restored", plan, record));
  return answer;
}

/** Lets dependents know whose result lies in place. */
export function announceRecord(plan: UnitPlan, record: UnitResult, known: KnownUnits): void {
  const self = Promise.resolve(knownFromRecord(record));
  for (const path of plan.announces) known.announce(path, () => self);
  announceRun(plan, known, Promise.resolve(record.privacy), Promise.resolve(record.stdout));
}

/** What is reported of a unit that a record was found for. */
export function outcomeFrom(
  outcome: "replayed" | "restored",
  { identity }: UnitPlan,
  { key, instance, provenance }: UnitResult,
): UnitOutcome {
  return { outcome, identity, key, instance, tookMs: provenance.tookMs };
}

function announceRun(
  plan: UnitPlan,
  known: KnownUnits,
  recorded: KnownUnit["recorded"],
  printed: Promise<string | undefined>,
): void {
  const { identity, place, env } = plan;
  if (identity.kind !== "build-script-run") return;
  known.announceGenerated(place, { identity, recorded, printed, links: env.get("CARGO_MANIFEST_LINKS") });
}

function isFileSystemError(cause: unknown): boolean {
  return cause instanceof Error && "syscall" in cause;
}

/** What a shim is told that asks for what the record has. Throws as `expandText` does. */
export function answerFrom(plan: UnitPlan, record: UnitResult): FinalAnswer {
  const [stdout, stderr] = [record.stdout, record.stderr].map((text) => expandBytes(text, plan.roots));
  return { kind: "finish", code: 0, stdout: stdout ?? Buffer.alloc(0), stderr: stderr ?? Buffer.alloc(0) };
}

async function runAndRecord(plan: UnitPlan, services: UnitServices, shim: AskingShim): Promise<FinalAnswer> {
  const { store, known, report } = services;
  const startMs = Date.now();
  const startNs = BigInt(startMs - CLOCK_MARGIN_MS) * 1_000_000n;
  const recording = Promise.withResolvers<Privacy | undefined>();
  // A dependent may come as soon as the metadata is written: it learns this unit's key from what is there by then.
  let early: Promise<KnownUnit | undefined> | undefined;
  const resolveEarly = () => {
    early ??= identifyInPlace(plan, store, recording.promise).catch(() => undefined);
    return early;
  };
  for (const path of plan.announces) known.announce(path, resolveEarly);
  const printing = Promise.withResolvers<string | undefined>();
  announceRun(plan, known, recording.promise, printing.promise);

  const run = await services.runner.run(unitToRun(plan, store), shim).catch((thrown: unknown) => {
    recording.resolve(undefined); // who was compiled against it waits for this
    printing.resolve(undefined);
    throw thrown;
  });
  const { result, answer } = run;
  printing.resolve(normaliseBytes(result.stdout, plan.roots));
  const tookMs = Date.now() - startMs;
  const failed = result.exit.how !== "exited" || result.exit.code !== 0;
  if (failed || !result.complete) {
    recording.resolve(undefined);
    const reason = failed ? "it failed" : "it printed more than is kept";
    report({ outcome: "uncached", identity: plan.identity, reason, tookMs });
    return answer;
  }
  let captured: readonly CapturedOutput[];
  try {
    captured = await plan.capture();
  } catch (thrown) {
    recording.resolve(undefined);
    const reason = `its outputs could not be kept: ${GreenError.from(thrown).message}`;
    report({ outcome: "uncached", identity: plan.identity, reason, tookMs });
    return answer;
  }
  services.background(
    makeRecord(plan, services, {
      run,
      runner: services.runner.kind,
      captured,
      startNs,
      startMs,
      tookMs,
    }).then(
      (made) => {
        recording.resolve(made);
      },
      async (thrown) => {
        recording.resolve(undefined);
        await store.discard(captured.map(({ staged }) => staged)).catch(() => {});
        const reason = `it could not be recorded: ${GreenError.from(thrown).message}`;
        report({ outcome: "uncached", identity: plan.identity, reason, tookMs });
      },
    ),
  );
  return answer;
}

/** What a dependent must know of a unit that is running or not yet recorded, from the files in place. */
async function identifyInPlace(
  plan: UnitPlan,
  store: UnitStore,
  recorded: Promise<Privacy | undefined>,
): Promise<KnownUnit | undefined> {
  const set = await plan.discover();
  const inputs = { ...plan.fixed, ...(await evaluateInputSet(set, inputContext(plan, store))) };
  const key = unitKeyOf(inputs);
  // What is announced is by naming rules for all platforms: some of it does not exist on this one.
  const named = plan.announces.map((path) => ({ path: relative(plan.place, path), file: path }));
  const found = await Promise.all(
    named
      .filter(({ path }) => plan.isPrimary(path))
      .map(async ({ path, file }) =>
        existsSync(file) ? [{ path, digest: await store.digestFile(file) }] : [],
      ),
  );
  const primary = found.flat();
  if (primary.length === 0) return undefined;
  return {
    key,
    instance: instanceOf(key, primary, instancesOf(plan)),
    identity: plan.identity,
    closure: plan.closure(primary),
    recorded,
  };
}
