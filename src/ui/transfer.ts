// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitIdentity } from "../unit/record.ts";
import { formatTook } from "./age.ts";
import { formatCount, plural } from "./count.ts";
import { formatSize } from "./size.ts";
import { kindText } from "./unit-name.ts";
import { displayWidth, pad, printable } from "./width.ts";

/** A unit that may go from one place to another, and what becomes of it. */
export interface TransferUnit {
  readonly identity: Pick<UnitIdentity, "package" | "version" | "kind" | "target" | "mode">;
  /** Bytes of its files. */
  readonly size: number;
  /** `push`: it goes, in whatever direction; `there`: it is where it would go. */
  readonly fate:
    | { readonly kind: "push" }
    | { readonly kind: "there" }
    | { readonly kind: "private"; readonly reason: string };
}

/** What is done with units. */
export type TransferVerb = "push" | "pull" | "copy" | "export" | "import";

/** `there` is elsewhere, or here. */
const THERE: Readonly<Record<TransferVerb, string>> = {
  ...{ push: "there", copy: "there", export: "there" },
  ...{ pull: "here", import: "here" },
};

/** `212 units: 9 to push (3.1 MB), 180 there, 23 private (see --dry-run)` */
export function formatPlan(units: readonly TransferUnit[], verb: TransferVerb): string {
  const stay = countOf(units, "private");
  return `${sumText(units, verb)}${stay === 0 ? "" : `, ${formatCount(stay)} private (see --dry-run)`}\n`;
}

export interface TransferPlace {
  readonly name: string;
  /** Not shown again if it is the name. */
  readonly url: string;
  readonly visibility: "public" | "private";
}

/**
 * The same at length, with each unit that stays where it is, and why:
 * ```text
 * world  oci://registry.example.com/rust/cache  (public)
 *   48 units: 5 to push (2.0 MB), 39 there, 4 stay here:
 *     acme-core 0.3.0        path package
 * ```
 */
export function formatDryRun(
  { name, url, visibility }: TransferPlace,
  units: readonly TransferUnit[],
  verb: TransferVerb,
): string {
  const where = [name, ...(name === url ? [] : [url]), `(${visibility})`].map(printable).join("  ");
  const stay = units.flatMap(({ identity, fate }) =>
    fate.kind === "private" ? [{ name: printable(shortName(identity)), reason: printable(fate.reason) }] : [],
  );
  const names = Math.max(0, ...stay.map((unit) => displayWidth(unit.name)));
  const lines = stay.map((unit) => `    ${pad(unit.name, names, "left")}  ${unit.reason}\n`);
  const left = stay.length === 0 ? "" : `, ${plural(stay.length, "stays here", "stay here")}:`;
  return `${where}\n  ${sumText(units, verb)}${left}\n${[...new Set(lines)].join("")}`;
}

function sumText(units: readonly TransferUnit[], verb: TransferVerb): string {
  const going = units.filter(({ fate }) => fate.kind === "push");
  const size = going.reduce((sum, unit) => sum + unit.size, 0);
  const parts = [
    going.length === 0
      ? `nothing to ${verb}`
      : `${formatCount(going.length)} to ${verb} (${formatSize(size)})`,
    ...(countOf(units, "there") === 0 ? [] : [`${formatCount(countOf(units, "there"))} ${THERE[verb]}`]),
  ];
  return `${plural(units.length, "unit")}: ${parts.join(", ")}`;
}

function countOf(units: readonly TransferUnit[], kind: TransferUnit["fate"]["kind"]): number {
  return units.filter(({ fate }) => fate.kind === kind).length;
}

/** `ring 0.17.14 (run)`, `rg 15.1.0 (bin rg)`; what a library is needs no word. */
function shortName({ package: name, version, kind, target, mode }: TransferUnit["identity"]): string {
  const identity = { kind, target, mode };
  const what =
    kind === "lib" && mode === "build" ? "" : kind === "build-script-run" ? "run" : kindText(identity);
  return `${name} ${version}${what === "" ? "" : ` (${what})`}`;
}

/** How far a transfer is. */
export interface TransferState {
  /** Bytes that were moved. */
  readonly bytes: number;
  /** Bytes that are to be moved, where that is known. */
  readonly total: number | undefined;
  /** Bytes per second of late; 0 if nothing moves. */
  readonly rate: number;
}

/** `3.1 MB of 12 MB · 4.2 MB/s · 2.1 s left` */
export function formatTransfer({ bytes, total, rate }: TransferState): string {
  const isKnown = total !== undefined && total >= bytes;
  const left =
    isKnown && rate > 0 && total > bytes ? [`${formatTook(((total - bytes) / rate) * 1000)} left`] : [];
  const moved = isKnown ? `${formatSize(bytes)} of ${formatSize(total)}` : formatSize(bytes);
  return [moved, ...(rate > 0 ? [`${formatSize(rate)}/s`] : ["waiting"]), ...left].join(" · ");
}
