// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GreenError } from "../error.ts";
import type { BuilderAt, BuilderPlace } from "../runner/buildkit/connection/builder-place.ts";
import type { BuilderStatus } from "../runner/buildkit/connection/probe-builder.ts";
import { formatAddress } from "../runner/stream/stream-address.ts";
import type { Style } from "./color.ts";
import { formatCount, plural } from "./count.ts";
import { formatSize } from "./size.ts";
import { type Column, formatTable, type TableView } from "./table.ts";
import { displayWidth, pad, printable } from "./width.ts";

/** A builder and how it is. */
export interface BuilderRow {
  readonly name: string;
  /** True for the one that is used here. */
  readonly current: boolean;
  /** Undefined if that cannot be said; then `status` says why. */
  readonly place: BuilderPlace | undefined;
  readonly status: BuilderStatus;
}

const STATUS_WORDS: Readonly<Record<BuilderStatus["kind"], string>> = {
  ...{ running: "running", stopped: "stopped", absent: "no container" },
  ...{ unsupported: "not supported", failed: "error" },
};

const STATUS_STYLES: Readonly<Record<BuilderStatus["kind"], Style>> = {
  ...{ running: "green", stopped: "dim", absent: "dim" },
  ...{ unsupported: "yellow", failed: "red" },
} as const;

const COLUMNS: readonly Column<BuilderRow>[] = [
  { header: "NAME", cell: ({ name, current }) => `${name || "-"}${current ? "*" : ""}` },
  { header: "DRIVER", cell: ({ place }) => driverText(place), drop: 1 },
  { header: "ENDPOINT", cell: ({ place }) => endpointText(place?.at), min: 16, shorten: "middle" },
  {
    header: "STATUS",
    cell: ({ status }) => STATUS_WORDS[status.kind],
    style: ({ status }) => STATUS_STYLES[status.kind],
  },
  { header: "BUILDKIT", cell: ({ status }) => versionText(status), drop: 2 },
  { header: "PLATFORMS", cell: ({ status }) => platformsText(status), min: 12, shorten: "end", drop: 3 },
];

/** What `builder ls` prints: a table, and what chose the one with the star. */
export function formatBuilders(rows: readonly BuilderRow[], view: TableView): string {
  const used = rows.find(({ current }) => current)?.place;
  return `${formatTable(COLUMNS, rows, view)}${used === undefined ? "" : `* is used: ${fromText(used)}\n`}`;
}

/** A line for each builder that cannot be reached. */
export function formatBuilderErrors(rows: readonly BuilderRow[]): string {
  return rows
    .flatMap(({ name, status }) =>
      status.kind === "failed" ? [`${name || "builder"}: ${status.error.message}\n`] : [],
    )
    .join("");
}

/** Everything about a builder, for `builder inspect`. */
export function formatBuilder({ name, current, place, status }: BuilderRow, view: TableView): string {
  const lines: (readonly [label: string, value: string])[] = [
    ["driver", driverText(place)],
    ["endpoint", endpointText(place?.at)],
    ["known from", place === undefined ? "" : SOURCES[place.source]],
    ["used", place === undefined ? "" : current ? `yes: ${fromText(place)}` : "no"],
    ["status", STATUS_WORDS[status.kind]],
    ...(status.kind === "running" ? reportLines(status) : []),
  ];
  return `${view.paint("bold", printable(name))}\n${block(lines, "  ", view)}`;
}

function reportLines({ report, engine }: Extract<BuilderStatus, { kind: "running" }>) {
  const { version, workers, disk } = report;
  return [
    ["engine", engine === undefined ? "" : `${engine.version} (API ${engine.api}, ${engine.platform})`],
    ["buildkit", version ?? "(it does not say)"],
    [
      "cache",
      `${plural(disk.records, "record")}, ${formatSize(disk.size)}, of which ${formatSize(disk.reclaimable)} can be freed`,
    ],
    ...workers.flatMap(({ id, platforms, labels }) => [
      ["worker", id],
      ["platforms", platforms.join(" ")],
      ...Object.entries(labels)
        .toSorted()
        .map(([label, value], at) => [at === 0 ? "labels" : "", `${label}=${value}`] as const),
    ]),
  ] as (readonly [string, string])[];
}

function block(lines: readonly (readonly [string, string])[], indent: string, { paint }: TableView): string {
  const shown = lines.filter(([, value]) => value !== "");
  const width = Math.max(...shown.map(([label]) => displayWidth(label)));
  return shown
    .map(([label, value]) => `${indent}${paint("dim", pad(label, width, "left"))}  ${printable(value)}\n`)
    .join("");
}

const SOURCES: Readonly<Record<BuilderPlace["source"], string>> = {
  ...{
    settings: "the settings",
    buildx: "docker buildx",
    context: "docker's contexts",
    address: "its address",
  },
};

function fromText({ from }: BuilderPlace): string {
  return from === "default" ? "nothing says otherwise" : `${from} says so`;
}

function driverText(place: BuilderPlace | undefined): string {
  return place === undefined ? "-" : place.at.driver === "unsupported" ? place.at.what : place.at.driver;
}

/** Where a builder is, in one line. */
export function endpointText(at: BuilderAt | undefined): string {
  switch (at?.driver) {
    case "docker":
      return formatAddress(at.engine.address);
    case "docker-container":
      return `${at.container} at ${formatAddress(at.engine.address)}`;
    case "remote":
      return formatAddress(at.address);
    case "unsupported":
      return at.endpoint;
    case undefined:
      return "-";
  }
}

function versionText(status: BuilderStatus): string {
  if (status.kind !== "running") return "";
  const { engine, report } = status;
  return report.version ?? (engine === undefined ? "?" : `docker ${engine.version}`);
}

/** Its own platform, and how many more. */
function platformsText(status: BuilderStatus): string {
  if (status.kind !== "running") return "";
  const [first = "", ...others] = status.report.workers.flatMap(({ platforms }) => platforms);
  return others.length === 0 ? first : `${first} (+${formatCount(others.length)})`;
}

/** What `builder use` prints: which one is used from now on, and what says so if that is not what was asked for. */
export function formatUsed(place: BuilderPlace, wanted: string | undefined): string {
  const endpoint = endpointText(place.at);
  const where = place.title === endpoint ? endpoint : `${place.title} (${endpoint})`;
  const isOther = wanted !== undefined && place.name.toLowerCase() !== wanted.toLowerCase();
  return isOther ? `Here ${where} is used all the same: ${fromText(place)}\n` : `Using ${where}\n`;
}

/** A builder that is forgotten, and what goes with it. */
export interface Forgotten {
  readonly place: BuilderPlace;
  /** The container that is removed. */
  readonly container: string | undefined;
  readonly keepState: boolean;
}

/** What `builder rm` asks and says. */
export function formatForgotten(
  { place, container, keepState }: Forgotten,
  when: "question" | "done" | "not done",
): string {
  const state = keepState ? ", not its state" : " with its state";
  const also = container === undefined ? "" : ` and remove the container ${container}${state}`;
  if (when === "question") return `Forget ${place.title}${also}?`;
  if (when === "not done") return `Would forget ${place.title}${also}\n`;
  return container === undefined ? `Forgot ${place.title}\n` : `Removed ${place.title}\n`;
}

/** The same for programs. */
export function forgottenJson({ place, container, keepState }: Forgotten, removed: boolean): object {
  return { removed, builder: placeJson(place), container: container ?? null, keepState };
}

/** A place for programs. */
export function placeJson({ name, at, source, from }: BuilderPlace): object {
  return { name, driver: at.driver, endpoint: endpointText(at), source, from };
}

/** A builder for programs. */
export function builderJson({ name, current, place, status }: BuilderRow): object {
  const running = status.kind === "running" ? status : undefined;
  return {
    ...(place === undefined ? { driver: null, endpoint: null, source: null, from: null } : placeJson(place)),
    ...{ name, current },
    status: status.kind,
    version: running?.report.version ?? null,
    platforms: running?.report.workers.flatMap(({ platforms }) => platforms) ?? [],
    ...("error" in status ? { error: errorJson(status.error) } : {}),
  };
}

/** The same with all that a builder says of itself. */
export function builderReportJson(row: BuilderRow): object {
  const { status } = row;
  if (status.kind !== "running") return builderJson(row);
  const { workers, disk } = status.report;
  return { ...builderJson(row), engine: status.engine ?? null, workers, disk };
}

function errorJson({ message, hint }: GreenError): object {
  return { message, hint: hint ?? null };
}
