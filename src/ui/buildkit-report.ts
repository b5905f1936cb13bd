// SPDX-License-Identifier: MIT OR Apache-2.0
import type {
  CacheContent,
  CachedSource,
  CachedThing,
  CachedUnit,
  CacheRemoval,
} from "../broker/buildkit/buildkit-cache.ts";
import { sizeOf } from "../broker/buildkit/size-of.ts";
import { UNIT_KINDS } from "../unit/record.ts";
import { formatAge } from "./age.ts";
import { keysText } from "./buildkit-listing.ts";
import { formatCount, plural } from "./count.ts";
import { formatSize } from "./size.ts";
import { formatTable, type TableView } from "./table.ts";
import { unitName } from "./unit-name.ts";
import { pad, printable, shortenMiddle } from "./width.ts";

/** Longer values are cut in the middle where no terminal limits them; `--json` has them whole. */
const MAX_VALUE_COLUMNS = 200;
const LABEL_COLUMNS = 12;

/** Everything that is known of a unit there, for `cache show`. */
export function formatCachedUnit(unit: CachedUnit, now: number, view: TableView): string {
  const { identity, id, used, inUse, created, command } = unit;
  const lines: readonly (readonly [string, string])[] = [
    [unit.cache === undefined ? "record" : "in", id],
    ["features", identity.features.join(" ")],
    ["for", `${identity.triple}, ${identity.profile}, ${identity.mode}`],
    ["rustc", identity.rustc],
    ["source", identity.source],
    ["size", formatSize(unit.size)],
    ["made", created === 0 ? "" : `${formatAge(now - created)} ago`],
    ["used", inUse ? "now" : used === undefined ? "" : `${formatAge(now - used)} ago`],
    ["key", unit.keys.join(" ")],
    ["privacy", unit.privacy ?? ""],
    ["command", command ?? ""],
  ];
  const room = Math.max(10, Math.min(view.width - LABEL_COLUMNS - 4, MAX_VALUE_COLUMNS));
  const shown = lines.filter(([, value]) => value !== "");
  const body = shown.map(
    ([label, value]) =>
      `  ${view.paint("dim", pad(label, LABEL_COLUMNS, "left"))}  ${shortenMiddle(printable(value), room)}\n`,
  );
  return `${view.paint("bold", printable(unitName(identity)))}\n${body.join("")}`;
}

/** `3 units and 2 sources (12 MB)` */
export function thingsText(things: readonly (CachedUnit | CachedSource)[]): string {
  const units = things.filter((thing) => "identity" in thing).length;
  const sources = things.length - units;
  const counted = [
    ...(units > 0 || sources === 0 ? [plural(units, "unit")] : []),
    ...(sources > 0 ? [plural(sources, "source")] : []),
  ].join(" and ");
  return `${counted} (${formatSize(sizeOf(things))})`;
}

/** What would go, a line for each, and a sum. */
export function formatPlannedCacheRemoval(
  things: readonly (CachedUnit | CachedSource)[],
  name: string,
): string {
  if (things.length === 0) return "Nothing to remove\n";
  const lines = things.map((thing) => `  ${lineOf(thing)}\n`);
  return `${lines.join("")}Would remove ${thingsText(things)} from ${printable(name)}; nothing was removed\n`;
}

function lineOf(thing: CachedUnit | CachedSource): string {
  const parts =
    "identity" in thing
      ? [unitName(thing.identity), formatSize(thing.size), keysText(thing), thing.cache ?? ""]
      : [`source ${thing.name}`, formatSize(thing.size)];
  return parts
    .filter((part) => part !== "")
    .map(printable)
    .join("  ");
}

/** `Removed 3 units (12 MB) from NAME`, what is freed, and what is left and why. */
export function formatCacheRemoval(
  things: readonly (CachedUnit | CachedSource)[],
  { removed, freed, later, refusal }: CacheRemoval,
  name: string,
): string {
  if (things.length === 0) return "Nothing to remove\n";
  const gone = things.filter(({ id }) => removed.has(id));
  const left = things.length - gone.length;
  const sizes = [
    ...(freed > 0 ? [`${formatSize(freed)} freed`] : []),
    ...(later > 0 ? [`${formatSize(later)} to be freed later`] : []),
  ];
  const sum = [`Removed ${thingsText(gone)} from ${printable(name)}`, ...sizes].join(", ");
  const hint = refusal?.hint === undefined ? "" : ` (${refusal.hint})`;
  const why =
    refusal === undefined
      ? left === 0
        ? ""
        : `Left ${formatCount(left)}: in use\n`
      : `${left === 0 ? "" : `Left ${formatCount(left)}: `}${printable(refusal.message)}${hint}\n`;
  return `${sum}\n${why}`;
}

/** The sums as a table. */
export function formatCacheStats(content: CacheContent, name: string, view: TableView): string {
  const { units, sources, others } = content;
  const releases = [...Map.groupBy(units, ({ identity }) => identity.rustc)].sort(([a], [b]) =>
    a < b ? 1 : -1,
  );
  const kinds = UNIT_KINDS.map(
    (kind) => [kind, units.filter((unit) => unit.identity.kind === kind)] as const,
  );
  const rows: readonly (readonly [string, readonly CachedThing[]])[] = [
    ...kinds.filter(([, some]) => some.length > 0),
    ...releases.map(([rustc, some]) => [`rustc ${rustc}`, some] as const),
    ["all units", units],
    ...(sources.length > 0 ? [["sources of units", sources] as const] : []),
    ...(others.length > 0 ? [["anything else", others] as const] : []),
  ];
  const table = formatTable(
    [
      { header: "WHAT", cell: ([what]) => what },
      { header: "NUMBER", align: "right", cell: ([, some]) => formatCount(some.length) },
      { header: "SIZE", align: "right", cell: ([, some]) => formatSize(sizeOf(some)) },
    ],
    rows,
    view,
  );
  const all = [...units, ...sources, ...others];
  const caches = new Set(all.flatMap(({ cache }) => cache ?? [])).size;
  const where = caches === 0 ? "" : ` in ${plural(caches, "cache")}`;
  return `${printable(name)}: ${formatSize(sizeOf(all))}${where}\n${table}`;
}
