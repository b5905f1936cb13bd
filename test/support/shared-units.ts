// SPDX-License-Identifier: MIT OR Apache-2.0
import type { PackedUnit } from "../../src/remote/format/pack-config.ts";
import type { Store } from "../../src/store/store.ts";
import { digestOf, type InstanceId, type PlanKey } from "../../src/unit/digest.ts";
import { instanceOf, unitKeyOf } from "../../src/unit/key.ts";
import { primaryOutputs } from "../../src/unit/primary-outputs.ts";
import type { OutputFile, UnitIdentity, UnitRecord } from "../../src/unit/record.ts";
import { sampleRecord } from "../store/fixtures/sample-record.ts";

/** What a test says about a unit that is to be shared; everything else is made up. */
export interface SharedUnit {
  readonly identity?: Partial<UnitIdentity>;
  /** Makes another key. */
  readonly flags?: string;
  /** Content of its only file; none if it is empty. */
  readonly content?: string;
  readonly privacy?: "public" | "private";
  readonly created?: number;
  readonly dependencies?: readonly InstanceId[];
}

/** Puts a unit into the store whose key and result are what its inputs and files say: a remote's reader checks that. */
export async function storeUnit(store: Store, unit: SharedUnit = {}): Promise<UnitRecord> {
  const { identity = {}, content = "bytes", dependencies = [] } = unit;
  const name = identity.package ?? "serde";
  const whole: Partial<UnitIdentity> = { target: name, ...identity };
  const sample = sampleRecord({
    identity: whole,
    privacy: unit.privacy ?? "public",
    inputs: {
      package: `${identity.source ?? "crates-io"} ${name}@${identity.version ?? ""}`,
      RUSTFLAGS: unit.flags ?? "",
      features: (identity.features ?? []).join(" "),
      rustc: identity.rustc ?? "",
      profile: identity.profile ?? "",
    },
    ...(unit.created !== undefined && { created: unit.created }),
  });
  const outputs: OutputFile[] = [];
  if (content !== "") {
    const { digest, size } = await store.adopt(await store.stageBytes(Buffer.from(content), false));
    outputs.push({ path: `lib${name}-0123.rlib`, digest, size, executable: false, role: "plain" });
  }
  const key = unitKeyOf(sample.inputs);
  const argv = ["--out-dir", `@@green:TARGET@@/${sample.identity.profile}/deps`];
  const made = { ...sample, key, outputs, dependencies, invocation: { ...sample.invocation, argv } };
  const record = { ...made, instance: instanceOf(key, primaryOutputs(made), dependencies) };
  store.put(record);
  return record;
}

/** As units look on their way, without what replays them. */
export function packed(records: readonly UnitRecord[]): readonly Omit<PackedUnit, "layer">[] {
  return records.map((record) => ({ record, replays: [] }));
}

export function planOf(text: string): PlanKey {
  return digestOf(`plan ${text}`) as string as PlanKey;
}
