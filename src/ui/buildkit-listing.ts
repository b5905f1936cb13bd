// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BuildKitCache, CachedUnit } from "../broker/buildkit/buildkit-cache.ts";
import type { SelectedUnits } from "../broker/buildkit/select-units.ts";
import { SHOWN_KEY_DIGITS } from "../store/selector.ts";
import { formatAge } from "./age.ts";
import { formatCount, plural } from "./count.ts";
import { identityColumns } from "./listing.ts";
import { formatSize } from "./size.ts";
import { type Column, formatTable, type TableView } from "./table.ts";
import { printable } from "./width.ts";

function columns(
  kind: BuildKitCache["kind"],
  units: readonly CachedUnit[],
  now: number,
): readonly Column<CachedUnit>[] {
  const age: Column<CachedUnit> =
    kind === "builder"
      ? { header: "USED", cell: (unit) => usedText(unit, now), align: "right", drop: 1 }
      : { header: "MADE", cell: (unit) => formatAge(now - unit.created), align: "right", drop: 1 };
  const cache: Column<CachedUnit> = {
    header: "CACHE",
    cell: (unit) => unit.cache ?? "",
    min: 8,
    drop: 7,
  };
  // Of units that the local store does not know there is nothing to be told.
  const known = ({ cell }: Column<CachedUnit>) => units.some((unit) => cell(unit) !== "");
  return [
    ...identityColumns(),
    { header: "SIZE", cell: (unit) => formatSize(unit.size), align: "right" },
    age,
    ...[PRIVACY].filter(known),
    ...(kind === "builder" ? [] : [cache]),
    ...[KEY].filter(known),
  ];
}

const PRIVACY: Column<CachedUnit> = {
  header: "PRIVACY",
  cell: (unit) => unit.privacy ?? "",
  drop: 4,
  style: (unit) => (unit.privacy === "private" ? "yellow" : undefined),
};

const KEY: Column<CachedUnit> = { header: "KEY", cell: keysText, style: () => "dim", drop: 8 };

function usedText({ inUse, used, created }: CachedUnit, now: number): string {
  return inUse ? "now" : formatAge(now - (used ?? created));
}

/** The first one's first digits, and how many more there are. */
export function keysText({ keys }: Pick<CachedUnit, "keys">): string {
  const [first] = keys;
  if (first === undefined) return "";
  return first.slice(0, SHOWN_KEY_DIGITS) + (keys.length > 1 ? ` +${keys.length - 1}` : "");
}

/** Units as a table, with a sum below it. */
export function formatCachedUnits(
  { units, matched }: SelectedUnits,
  { kind, name }: Pick<BuildKitCache, "kind" | "name">,
  now: number,
  view: TableView,
): string {
  if (units.length === 0) return `No units in ${printable(name)}\n`;
  const counted =
    units.length < matched.units
      ? `${formatCount(units.length)} of ${plural(matched.units, "unit")}`
      : plural(matched.units, "unit");
  return `${formatTable(columns(kind, units, now), units, view)}${counted} · ${formatSize(matched.size)}\n`;
}
