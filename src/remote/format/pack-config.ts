// SPDX-License-Identifier: MIT OR Apache-2.0
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { GreenError } from "../../error.ts";
import { isSha256, type PlanKey } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { checkRecord } from "./check-record.ts";
import { MAX_CONFIG_JSON } from "./limits.ts";

/** Version of the JSON below; one of another version is as good as none. */
const PACK_SCHEMA = 1;

/** How a unit's result is found and laid down before Cargo asks for it; see the broker's replay. */
export interface PackedReplay {
  readonly plan: PlanKey;
  /** JSON of the broker's own, without what stands in the record. */
  readonly entry: string;
}

/** One unit of a pack, or that of an image. */
export interface PackedUnit {
  readonly record: UnitRecord;
  readonly replays: readonly PackedReplay[];
  /** Position of the layer that holds its files; undefined if it has none. */
  readonly layer: number | undefined;
}

/** Level 3 halves what level 1 leaves, at the same speed, since records are so alike. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } };

/** The config of a pack; equal units in equal order give equal bytes. */
export function encodePackConfig(units: readonly PackedUnit[]): Buffer {
  return zstdCompressSync(JSON.stringify({ schema: PACK_SCHEMA, units }), LEVEL);
}

/**
 * Reads what `encodePackConfig` wrote, somewhere else: every record is checked to be what its key and instance say.
 * Throws GreenError "corrupt" with `what` in it.
 */
export function decodePackConfig(bytes: Uint8Array, layers: number, what: string): readonly PackedUnit[] {
  const refuse = (reason: string): never => {
    throw new GreenError("corrupt", `${what} ${reason}`);
  };
  const value = parse(bytes, refuse);
  if (!isObject(value) || value["schema"] !== PACK_SCHEMA) return refuse("is of another version");
  const units = value["units"];
  if (!Array.isArray(units)) return refuse("lists no units");
  return units.map((unit: unknown) => {
    if (!isObject(unit)) return refuse("lists what is no unit");
    const { record, replays, layer } = unit;
    const isLayer = typeof layer === "number" && Number.isInteger(layer) && layer >= 0 && layer < layers;
    if (layer !== undefined && !isLayer) return refuse("names a layer that it has not");
    if (!Array.isArray(replays) || !replays.every(isReplay)) return refuse("has a unit without its plans");
    return { record: checkRecord(record, what), replays, layer: isLayer ? layer : undefined };
  });
}

function parse(bytes: Uint8Array, refuse: (reason: string) => never): unknown {
  try {
    return JSON.parse(zstdDecompressSync(bytes, { maxOutputLength: MAX_CONFIG_JSON }).toString("utf8"));
  } catch {
    return refuse("cannot be read");
  }
}

function isReplay(value: unknown): value is PackedReplay {
  return (
    isObject(value) &&
    typeof value["plan"] === "string" &&
    isSha256(value["plan"]) &&
    typeof value["entry"] === "string"
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
