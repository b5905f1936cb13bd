// SPDX-License-Identifier: MIT OR Apache-2.0
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { ContainerUnit } from "../../containerfile/container-unit.ts";
import { type ReadUnit, readUnit, writeUnit } from "../../containerfile/stored-unit.ts";
import type { IdentityOf } from "../../containerfile/unit-identity.ts";
import type { UnitStore } from "../../store/store.ts";
import type { Digest, InstanceId } from "../../unit/digest.ts";

type Memo = Pick<UnitStore, "memo" | "remember">;

/** Changes whenever a unit is written otherwise. */
const UNITS = "container units 1";
const RUNS = "container runs 1";

/** Keeps how a unit was run in a container, on this machine alone: it names places here. Returns what it is called by. */
export function keepRun(unit: ContainerUnit, identityOf: IdentityOf, memo: Pick<Memo, "remember">): Digest {
  const identity = identityOf(unit);
  memo.remember(UNITS, identity, zstdCompressSync(writeUnit(unit, identityOf)).toString("base64"));
  return identity;
}

/** Notes that a result is of a run that was kept. */
export function noteRun(instance: InstanceId, run: Digest, memo: Pick<Memo, "remember">): void {
  memo.remember(RUNS, instance, run);
}

/**
 * The run that a result is of; undefined if none is known: it was made on a host, or elsewhere.
 * @throws GreenError "not-found" if something that it is made of is forgotten
 */
export function runOf(instance: InstanceId, memo: Pick<Memo, "memo">): ReadUnit | undefined {
  const run = memo.memo(RUNS, instance);
  if (run === undefined) return undefined;
  return readUnit(run as Digest, (identity) => {
    const kept = memo.memo(UNITS, identity);
    return kept === undefined ? undefined : zstdDecompressSync(Buffer.from(kept, "base64")).toString("utf8");
  });
}
