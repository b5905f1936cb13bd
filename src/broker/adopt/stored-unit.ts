// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { primaryOutputs } from "../../cargo/rustc-outputs.ts";
import type { UnitStore } from "../../store/store.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { normaliseBytes } from "../bytes-text.ts";
import { type KnownUnit, type KnownUnits, knownFromRecord } from "../known-units.ts";
import { REAL_SUFFIX } from "../stand-in.ts";
import type { AskedShape } from "./asked-shape.ts";
import type { ExaminedUnit } from "./examined-unit.ts";
import { nameProven } from "./record-proven.ts";
import type { KeptUnit } from "./unit-fate.ts";

/** A unit that is in the store already. */
export interface StoredUnit {
  readonly known: KnownUnit;
  readonly kept: KeptUnit;
}

/** What the store has of exactly these bytes, on exactly what lies below them. */
export async function findStored(
  { parsed, place }: Extract<AskedShape, { readonly kind: "compile" }>,
  byContent: KnownUnits,
  store: UnitStore,
): Promise<StoredUnit | undefined> {
  const directories = parsed.searchPaths.filter(({ kind }) => kind === "dependency").map(({ path }) => path);
  const files = primaryOutputs(parsed)
    .flatMap((name) => [join(place, name + REAL_SUFFIX), join(place, name)])
    .filter((file) => existsSync(file));
  const [file] = files;
  const known = file === undefined ? undefined : await byContent.at(file, directories);
  const record = known && store.byInstance(known.instance);
  return record === undefined ? undefined : storedUnit(record, place, files);
}

/** What the store has of a build script's run that printed and left just this. */
export async function findStoredRun(unit: ExaminedUnit, store: UnitStore): Promise<StoredUnit | undefined> {
  const { plan, outputs, built } = unit;
  const record = store.byInstance((await nameProven(unit, store)).instance);
  if (record?.stdout !== normaliseBytes(built.stdout, plan.roots)) return undefined;
  return storedUnit(
    record,
    plan.place,
    outputs.map(({ file }) => file),
  );
}

function storedUnit(record: UnitRecord, place: string, files: readonly string[]): StoredUnit {
  const { identity, instance } = record;
  const kept = { identity, instance, place, size: sizeOf(files) };
  return { known: knownFromRecord(record), kept: { kind: "known", ...kept } };
}

/** Sum, bytes. */
export function sizeOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
