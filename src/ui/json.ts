// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RemoteRow } from "../broker/remotes/remote-row.ts";
import type { GreenError } from "../error.ts";
import type { BuildLog } from "../store/build-log.ts";
import type { BadFile, RecordRow, VerifyReport } from "../store/store.ts";
import type { UnitRecord } from "../unit/record.ts";
import type { Adoption } from "./adoption.ts";
import type { Explanation } from "./explain.ts";
import type { TransferPlace, TransferUnit } from "./transfer.ts";
import { isSound, type Rebuild } from "./verify.ts";

/** Version of what `--json` prints; docs/json.md says what may change without a new one. */
export const JSON_SCHEMA = 1;

const time = (ms: number) => new Date(ms).toISOString();

/** A unit in a list. */
export function rowJson(row: RecordRow): object {
  const { identity, privacy, privacyReason, id: _internal, created, used, ...rest } = row;
  return {
    ...identity,
    ...rest,
    created: time(created),
    used: time(used),
    privacy: { class: privacy, reason: privacyReason },
  };
}

/** A unit with everything that its record says. */
export function recordJson(row: RecordRow, record: UnitRecord): object {
  const { inputs, dependencies, outputs, bindings, provenance, invocation, preKey, inputSet } = record;
  return {
    ...rowJson(row),
    preKey,
    inputs,
    inputSet,
    dependencies,
    outputs,
    bindings,
    provenance: { ...provenance, created: time(provenance.created) },
    invocation,
  };
}

/** A unit in a list of a remote's. */
export function remoteRowJson({ identity, privacy, created, place, ...rest }: RemoteRow): object {
  return { ...identity, ...rest, created: time(created), privacy: { class: privacy }, place };
}

/** Where a remote is. */
export function remoteJson({ name, url, visibility }: TransferPlace): object {
  return { name, url, visibility };
}

/** A unit of a remote with everything that its record says. */
export function remoteRecordJson(places: readonly RemoteRow[], record: UnitRecord): object {
  const { identity, key, instance, schema, privacy, stdout: _, stderr: __, closure: ___, ...rest } = record;
  const { provenance, presentation: ____, ...said } = rest;
  return {
    ...identity,
    ...{ key, instance, schema, privacy, ...said },
    size: places[0]?.size,
    created: time(provenance.created),
    provenance: { ...provenance, created: time(provenance.created) },
    places: places.map(({ place }) => place),
  };
}

/** Why a remote did not remove something; nothing where it did. */
export function refusalJson(refusal: GreenError | undefined): object {
  return refusal === undefined ? {} : { refusal: { message: refusal.message, hint: refusal.hint } };
}

/** Units that went to a remote, or would. */
export function transferJson(
  { name, url, visibility }: TransferPlace,
  { units, bytes }: { readonly units: readonly TransferUnit[]; readonly bytes: number },
): object {
  return {
    remote: { name, url, visibility },
    bytes,
    units: units.map(({ identity, size, fate }) => ({ ...identity, size, fate })),
  };
}

/** Why units of a build were compiled. */
export function explanationJson(build: BuildLog, { restored, groups }: Explanation): object {
  const { workspace, command, started, finished, notes = [] } = build;
  return {
    build: { workspace, command, started: time(started), finished: time(finished), notes },
    restored: restored.length,
    groups,
  };
}

/** What `cache verify` found. */
export function verifyJson(report: VerifyReport): object {
  const file = ({ digest, records }: BadFile) => ({ digest, units: records.map(rowJson) });
  return {
    sound: isSound(report),
    units: report.records,
    files: report.checked,
    bytes: report.bytes,
    corrupt: report.corrupt.map(file),
    missing: report.missing.map(file),
    unreadable: report.unreadable.map(rowJson),
    indexSound: report.indexSound,
  };
}

/** What `cache adopt` did, or would. */
export function adoptionJson({ directory, units, dryRun, complaint }: Adoption): object {
  return {
    done: !dryRun,
    directory,
    ...(complaint !== undefined && { complaint }),
    units: units.map((unit) => ({
      ...unit.identity,
      ...(unit.kind === "left"
        ? { outcome: unit.kind, left: unit.left, reason: unit.reason }
        : { outcome: unit.kind, size: unit.size }),
    })),
  };
}

/** A unit that was compiled again. */
export function rebuildJson({ row, outcome, detail }: Rebuild): object {
  return { unit: rowJson(row), outcome, detail };
}
