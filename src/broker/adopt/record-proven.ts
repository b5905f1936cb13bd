// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Digest, InstanceId, UnitKey } from "../../unit/digest.ts";
import { digestOf } from "../../unit/digest.ts";
import { instanceOf, unitKeyOf } from "../../unit/key.ts";
import type { Privacy, SandboxNote } from "../../unit/record.ts";
import { evaluateInputSet } from "../input-sets.ts";
import { inputContext, instancesOf, makeRecord } from "../make-record.ts";
import type { PlacedOutput } from "../unit-plan.ts";
import type { UnitServices } from "../unit-services.ts";
import type { ExaminedUnit } from "./examined-unit.ts";
import { type Left, left } from "./left.ts";

/** What dependents see of a unit. */
export interface NamedUnit {
  readonly key: UnitKey;
  readonly instance: InstanceId;
  readonly primary: readonly { readonly path: string; readonly file: string; readonly digest: Digest }[];
}

/** Names a unit by what lies in place. */
export async function nameProven(
  { plan, set, outputs }: ExaminedUnit,
  store: UnitServices["store"],
): Promise<NamedUnit> {
  const inputs = { ...plan.fixed, ...(await evaluateInputSet(set, inputContext(plan, store))) };
  const primary = await Promise.all(
    outputs
      .filter(({ path }) => plan.isPrimary(path))
      .map(async ({ path, file }) => ({ path, file, digest: await digestOutput({ path, file }, store) })),
  );
  const key = unitKeyOf(inputs);
  return { key, instance: instanceOf(key, primary, instancesOf(plan)), primary };
}

function digestOutput(
  { path, file }: Pick<PlacedOutput, "path" | "file">,
  store: UnitServices["store"],
): Promise<Digest> {
  return path.endsWith("/") ? Promise.resolve(digestOf("")) : store.digestFile(file);
}

/** Nothing kept plain Cargo in. */
const PLAIN: SandboxNote = { mode: "none", network: true, hidden: [], seen: [] };

/** Copies a unit's files into the store and makes the record of `named`; its class, or why there is none. */
export async function recordProven(
  { plan, built }: ExaminedUnit,
  { instance }: NamedUnit,
  services: Pick<UnitServices, "store" | "runner" | "version" | "publicLists">,
): Promise<Privacy | Left> {
  const { store } = services;
  const { stdout, stderr, start, end } = built;
  const result = { exit: { how: "exited", code: 0 }, complete: true, stdout, stderr } as const;
  let refused = "it could not be recorded";
  const captured = await plan.capture();
  try {
    const privacy = await makeRecord(
      plan,
      {
        ...services,
        report: ({ reason }) => {
          refused = reason ?? refused;
        },
      },
      {
        run: { result, note: PLAIN, answer: { kind: "exec" }, objection: undefined },
        captured,
        startNs: start,
        startMs: Number(start / 1_000_000n),
        tookMs: Number((end - start) / 1_000_000n),
        runner: "adopted",
      },
    );
    if (privacy === undefined) return left("unproven", refused);
    // Copied and named are the same files, unless somebody wrote to them in between.
    return store.byInstance(instance) === undefined ? left("changed", "it is being written to") : privacy;
  } catch (thrown) {
    await store.discard(captured.map(({ staged }) => staged)).catch(() => {});
    throw thrown;
  }
}
