// SPDX-License-Identifier: MIT OR Apache-2.0
import type { OciDigest } from "../../remote/descriptor.ts";
import { likeness } from "../../remote/format/sketch.ts";
import { versionsIn } from "../../store/version-range.ts";
import { RECORD_SCHEMA } from "../../unit/record.ts";

/** An image of a unit, or a pack with all of its parts. */
export interface Prunable {
  readonly kind: "image" | "pack";
  /** Its tag; of a pack that of its first part. */
  readonly name: string;
  /** When the newest unit in it was made, milliseconds since the epoch. */
  readonly created: number;
  readonly schema: number;
  /** Release of the compiler. */
  readonly rustc: string;
  /** Equal for what takes each other's place: units that differ in nothing but version and sources, packs of one scope. */
  readonly series: string;
  /** Of a pack: packs of one project have similar ones. */
  readonly sketch: string | undefined;
  readonly digests: readonly OciDigest[];
  /** Sizes of all that it consists of, manifests too. */
  readonly blobs: ReadonlyMap<string, number>;
}

/** What goes: whatever any of these excludes. */
export interface PruneLimits {
  /** What was made before this, milliseconds since the epoch. */
  readonly madeBefore?: number;
  /** semver range: what was compiled by these releases. */
  readonly rustc?: string;
  /** Of each series, and of each project in it, all but the newest so many. */
  readonly keepLast?: number;
  /** What this version cannot read. */
  readonly staleSchema?: boolean;
}

/** Packs with less than this part of their packages in common are of different projects. */
const SAME_PROJECT = 0.5;

/** What the limits exclude, oldest first. */
export function planPrune(all: readonly Prunable[], limits: PruneLimits): readonly Prunable[] {
  const { madeBefore, rustc, keepLast, staleSchema } = limits;
  const beyond = keepLast === undefined ? new Set<Prunable>() : beyondLast(all, keepLast);
  const isExcluded = (item: Prunable) =>
    (madeBefore !== undefined && item.created < madeBefore) ||
    (rustc !== undefined && versionsIn([item.rustc], rustc).length > 0) ||
    (staleSchema === true && item.schema !== RECORD_SCHEMA) ||
    beyond.has(item);
  return all.filter(isExcluded).sort((a, b) => a.created - b.created);
}

function beyondLast(all: readonly Prunable[], keep: number): ReadonlySet<Prunable> {
  const newestFirst = [...all].sort((a, b) => b.created - a.created);
  const beyond = new Set<Prunable>();
  for (const items of Map.groupBy(newestFirst, ({ kind, series }) => `${kind} ${series}`).values()) {
    for (const project of projects(items)) for (const item of project.slice(keep)) beyond.add(item);
  }
  return beyond;
}

/** Packs of one project change little from one to the next; images of a series are of one thing. */
function projects(items: readonly Prunable[]): readonly (readonly Prunable[])[] {
  const found: Prunable[][] = [];
  for (const item of items) {
    const own = found.find((project) => project.some((other) => isAlike(item, other)));
    if (own === undefined) found.push([item]);
    else own.push(item);
  }
  return found;
}

function isAlike({ sketch: a }: Prunable, { sketch: b }: Prunable): boolean {
  return a === undefined || b === undefined || a === b || likeness(a, b) >= SAME_PROJECT;
}
