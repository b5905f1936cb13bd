// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { localUnits } from "../../../src/broker/buildkit/local-units.ts";
import type { RecordRow, StoreCatalog } from "../../../src/store/store.ts";
import type { UnitRecord } from "../../../src/unit/record.ts";
import { cachedUnit } from "./fixtures/cached-unit.ts";

const { identity } = cachedUnit("any", { features: ["std", "derive"] });

const rows = [
  { id: 1, key: "a", identity, privacy: "public" },
  { id: 2, key: "b", identity: { ...identity, features: ["derive", "std"] }, privacy: "public" },
  { id: 3, key: "c", identity: { ...identity, profile: "debug" }, privacy: "private" },
  { id: 4, key: "a", identity, privacy: "private" },
] as unknown as readonly RecordRow[];

function storeOf(metadata: Readonly<Record<number, string>>): Pick<StoreCatalog, "list" | "get"> {
  return {
    list: () => ({ rows, matched: { records: 0, size: 0, sizeOnDisk: 0 } }),
    get: (id) => ({ inputs: { "-C metadata": metadata[id] } }) as unknown as UnitRecord,
  };
}

test("a unit is the local one of the same identity and metadata", () => {
  const find = localUnits(storeOf({ 1: "aa", 2: "bb", 3: "aa", 4: "aa" }));
  expect(find(identity, "bb")).toEqual({ keys: ["b"], privacy: "public" });
  expect(find(identity, "cc")).toEqual({ keys: [], privacy: undefined });
  expect(find({ ...identity, rustc: "1.94.0" }, "aa")).toEqual({ keys: [], privacy: undefined });
});

test("several may be meant, and who may see them is said only if it is the same for all", () => {
  const find = localUnits(storeOf({ 1: "aa", 2: "bb", 3: "aa", 4: "aa" }));
  expect(find(identity, "aa")).toEqual({ keys: ["a"], privacy: undefined });
  expect(find(identity, undefined)).toEqual({ keys: ["a", "b"], privacy: undefined });
});
