// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Prunable } from "../broker/remotes/prune-plan.ts";
import type { RemotePrune } from "../broker/remotes/prune-remote.ts";
import type { RemoteRow } from "../broker/remotes/remote-row.ts";
import type { RemoteStats, UnitSum } from "../broker/remotes/remote-stats.ts";
import type { RemoteRemoval } from "../broker/remotes/remove-units.ts";
import type { RemoteReport } from "../broker/remotes/verify-remote.ts";
import type { GreenError } from "../error.ts";
import { SHOWN_KEY_DIGITS } from "../store/selector.ts";
import { formatCount, plural } from "./count.ts";
import { formatSize } from "./size.ts";
import { formatTable, type TableView } from "./table.ts";
import { unitName } from "./unit-name.ts";
import { printable } from "./width.ts";

/** Units that are the same in several places, once each, and their bytes. */
export function distinctUnits(rows: readonly RemoteRow[]): { readonly units: number; readonly size: number } {
  const distinct = [...new Map(rows.map((row) => [row.instance, row.size])).values()];
  return { units: distinct.length, size: distinct.reduce((sum, size) => sum + size, 0) };
}

/** `Would remove 14 units (22.4 MB) from team`, after the units and where they are. */
export function formatPlannedRemoval(rows: readonly RemoteRow[], name: string): string {
  if (rows.length === 0) return "Nothing to remove\n";
  const { units, size } = distinctUnits(rows);
  const list = rows.map(
    ({ identity, key, place, ...row }) =>
      `  ${printable(unitName(identity))}  ${formatSize(row.size)}  ${key.slice(0, SHOWN_KEY_DIGITS)}  ${place.kind} ${printable(place.tag)}\n`,
  );
  return `${list.join("")}Would remove ${plural(units, "unit")} (${formatSize(size)}) from ${printable(name)}; nothing was removed\n`;
}

/** `Removed 14 units from team, 2 packs written anew`, and what could not be removed. */
export function formatRemoteRemoval(removal: RemoteRemoval, name: string): string {
  const { removed, rewritten, left } = removal;
  const packs = rewritten === 0 ? "" : `, ${plural(rewritten, "pack")} written anew`;
  const sum = `Removed ${plural(removed, "unit")} from ${printable(name)}${packs}\n`;
  return sum + leftText(removal, left === 0 ? "what was there before" : plural(left, "unit"));
}

/** `Removed 3 packs and 40 images (1.2 GB) from team`, and what could not be removed; `listed` before it. */
export function formatRemotePrune(
  pruned: RemotePrune,
  name: string,
  { done, listed = [] }: { readonly done: boolean; readonly listed?: readonly Prunable[] },
): string {
  const lines = listed.map(({ kind, name: tag }) => `  ${kind}  ${printable(tag)}\n`);
  const { packs, images, bytes, left } = pruned;
  const what = [
    ...(packs > 0 ? [plural(packs, "pack")] : []),
    ...(images > 0 ? [plural(images, "image")] : []),
  ].join(" and ");
  const place = printable(name);
  const size = formatSize(bytes);
  const sum =
    what === ""
      ? left > 0
        ? `Removed nothing from ${place}\n`
        : "Nothing to remove\n"
      : done
        ? `Removed ${what} (${size}) from ${place}\n`
        : `Would remove ${what} (${size}) from ${place}; nothing was removed\n`;
  return lines.join("") + sum + leftText(pruned, plural(left, "pack or image", "packs and images"));
}

function leftText(
  { refusal, keptFor }: { readonly refusal: GreenError | undefined; readonly keptFor: readonly string[] },
  what: string,
): string {
  const hint = refusal?.hint === undefined ? "" : ` (${refusal.hint})`;
  const left = refusal === undefined ? "" : `Left ${what}: ${printable(refusal.message)}${hint}\n`;
  const tags = keptFor.slice(0, 5).map((tag) => `"${printable(tag)}"`);
  const more = keptFor.length > tags.length ? " …" : "";
  return tags.length === 0 ? left : `${left}Kept what tags of others lead to: ${tags.join(", ")}${more}\n`;
}

/** Each thing that is wrong, and what was checked. */
export function formatRemoteVerify(report: RemoteReport, { paint }: TableView): string {
  const { problems, units, images, packs, blobs, bytes, foreign } = report;
  const lines = problems.map(
    ({ kind, tag, what }) => `${paint("red", kind)} ${printable(tag)}: ${printable(what)}\n`,
  );
  const others = foreign === 0 ? "" : `; ${plural(foreign, "tag")} of others left alone`;
  const found =
    problems.length === 0
      ? "all sound"
      : `${plural(problems.length, "problem")}; \`cargo green cache push --force\` sends again what builds here have`;
  const where = `${plural(images, "image")}, ${plural(packs, "pack")}, ${plural(blobs, "blob")} (${formatSize(bytes)})`;
  return `${lines.join("")}Checked ${plural(units, "unit")} in ${where}: ${found}${others}\n`;
}

/** The sums as a table, what the remote keeps above it. */
export function formatRemoteStats(stats: RemoteStats, name: string, view: TableView): string {
  const rows: readonly (readonly [string, UnitSum])[] = [
    ...stats.kinds.map((sum) => [sum.kind, sum] as const),
    ...stats.rustc.map((sum) => [`rustc ${sum.rustc}`, sum] as const),
    ["public", stats.public],
    ["private", stats.private],
    ["all", stats.total],
  ];
  const table = formatTable(
    [
      { header: "WHAT", cell: ([what]) => what },
      { header: "UNITS", align: "right", cell: ([, sum]) => formatCount(sum.units) },
      { header: "SIZE", align: "right", cell: ([, sum]) => formatSize(sum.size) },
    ],
    rows,
    view,
  );
  const others = stats.foreign === 0 ? "" : `, ${plural(stats.foreign, "tag")} of others`;
  const where = `${plural(stats.images, "image")}, ${plural(stats.packs, "pack")}, ${plural(stats.blobs, "blob")}`;
  return `${printable(name)}: ${formatSize(stats.bytes)} in ${where}${others}\n${table}`;
}
