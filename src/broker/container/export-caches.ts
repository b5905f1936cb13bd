// SPDX-License-Identifier: MIT OR Apache-2.0
import type { WriteStream } from "node:tty";
import type { ContainerUnit } from "../../containerfile/container-unit.ts";
import { GreenError } from "../../error.ts";
import { type CacheTarget, cacheEntryName } from "../../runner/buildkit/cache-entry.ts";
import { plural } from "../../ui/count.ts";
import { withProgress } from "../../ui/progress.ts";
import type { InstanceId } from "../../unit/digest.ts";

/** A unit that a builder has the result of, and the record that was made of it. */
export interface SolvedUnit {
  readonly unit: ContainerUnit;
  readonly instance: InstanceId;
}

/** Caches that a builder's results are exported to. */
export interface WritableCaches {
  readonly targets: readonly CacheTarget[];
  /**
   * Replaces what is in one of them by the results of some units.
   * @param attrs of the cache, as far as they are to be others than its own
   */
  write(
    target: CacheTarget,
    units: readonly ContainerUnit[],
    attrs: CacheTarget["attrs"],
    signal: AbortSignal,
  ): Promise<void>;
}

export interface ExportCachesOptions {
  readonly caches: WritableCaches;
  readonly solved: readonly SolvedUnit[];
  /** True if these are all units of the build. */
  readonly isWhole: boolean;
  /** Which of some results everybody may see. */
  readonly everybodys: (instances: readonly InstanceId[]) => Promise<ReadonlySet<InstanceId>>;
  readonly say: (line: string) => void;
  /** A terminal to show on how that goes, if it takes a while. */
  readonly stream: WriteStream | undefined;
  readonly signal: AbortSignal;
}

/**
 * Exports what a builder solved for a build to the caches that settings name: everything to those that are private, to
 * others what everybody may see. What a cache had is lost, so nothing is exported of a build that the builder had only a
 * part in. Never rejects: a build that succeeded stays one.
 */
export async function exportCaches(options: ExportCachesOptions): Promise<void> {
  const { caches, solved, isWhole, say, signal } = options;
  if (solved.length === 0) return;
  if (!isWhole) {
    say(
      "exported to no cache: some units were here already, and a cache has what one build did on the builder",
    );
    return;
  }
  for (const target of caches.targets) {
    try {
      await exportTo(target, options);
    } catch (thrown) {
      if (signal.aborted) return;
      const { message, hint } = GreenError.from(thrown);
      const why = hint === undefined ? message : `${message} (${hint})`;
      say(`did not export to the cache "${cacheEntryName(target)}": ${why}`);
    }
  }
}

async function exportTo(target: CacheTarget, options: ExportCachesOptions): Promise<void> {
  const { caches, solved, say, stream, signal } = options;
  const isPublic = target.visibility === "public";
  const units = isPublic
    ? await publicUnits(solved, options.everybodys)
    : [...new Set(solved.map(({ unit }) => unit))];
  if (units.length === 0) return;
  // With `max`, what units are built on would be exported as well.
  const attrs = isPublic ? { mode: "min" } : {};
  const name = cacheEntryName(target);
  await withProgress({ title: `Exporting to the cache "${name}"`, stream }, () =>
    caches.write(target, units, attrs, signal),
  );
  const stay = new Set(solved.map(({ unit }) => unit)).size - units.length;
  const others = stay === 0 ? "" : `; ${plural(stay, "other")} may not be seen by everybody`;
  say(`exported ${plural(units.length, "unit")} to the cache "${name}"${others}`);
}

/**
 * Those that everybody may see, and that are built on such alone, on an image that somebody published: BuildKit exports
 * what it has of the way to a result along with it.
 */
async function publicUnits(
  solved: readonly SolvedUnit[],
  everybodys: ExportCachesOptions["everybodys"],
): Promise<readonly ContainerUnit[]> {
  const shown = await everybodys(solved.map(({ instance }) => instance));
  const recorded = new Set(solved.flatMap(({ unit, instance }) => (shown.has(instance) ? [unit] : [])));
  const known = new Map<ContainerUnit, boolean>();
  const isPublic = (unit: ContainerUnit): boolean => {
    const before = known.get(unit);
    if (before !== undefined) return before;
    const below = unit.inputs.flatMap((input) => (input.kind === "output" ? [input.unit] : []));
    const answer = recorded.has(unit) && unit.base.kind === "image" && below.every(isPublic);
    known.set(unit, answer);
    return answer;
  };
  return [...recorded].filter(isPublic);
}
