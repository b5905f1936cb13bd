// SPDX-License-Identifier: MIT OR Apache-2.0
import type { CachedSource, CachedUnit } from "../../src/broker/buildkit/buildkit-cache.ts";
import { EXIT_STATUS } from "../../src/error.ts";
import { buildkitJson, cachedThingJson } from "../../src/ui/buildkit-json.ts";
import { formatCacheRemoval, formatPlannedCacheRemoval, thingsText } from "../../src/ui/buildkit-report.ts";
import { refusalJson } from "../../src/ui/json.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { formatUnmatched } from "../../src/ui/unmatched.ts";
import type { CommandIo } from "../base.ts";
import { type BuildKitArguments, refuseBuildKitFlags } from "../buildkit-place.ts";
import { requireNarrowing, type SelectionFlags, selectionOf } from "../selection-flags.ts";
import { cacheLimits } from "./buildkit-limits.ts";
import { refuseSelectors } from "./buildkit-listing.ts";
import type { LimitFlags } from "./prune-limits.ts";
import { type OpenedBuildKit, withBuildKit } from "./with-buildkit.ts";

interface ConsentFlags {
  readonly "dry-run": boolean;
  readonly yes: boolean;
}

/** `cache rm --buildkit` */
export async function removeFromBuildKit(
  io: CommandIo,
  argv: readonly unknown[],
  flags: SelectionFlags & ConsentFlags,
): Promise<void> {
  const { selectUnits } = await import("../../src/broker/buildkit/select-units.ts");
  const check = ({ place, selectors }: BuildKitArguments) => {
    refuseBuildKitFlags(flags, place);
    const selection = selectionOf(selectors, flags, Date.now());
    const hint = "name crates or keys; `cargo green cache prune --buildkit --keep-size 0B` removes all units";
    requireNarrowing(selection, "remove", hint);
    return { selection, selectors };
  };
  await withBuildKit(io, argv, check, async (opened, { selection, selectors }) => {
    const { units, ...found } = selectUnits(opened.content.units, selection);
    const unmatched = found.unmatched.map((at) => selectors[at] ?? "");
    process.stderr.write(formatUnmatched(unmatched, () => undefined, opened.cache.name));
    await removeThings(io, opened, units, flags, { unmatched });
  });
}

/** `cache prune --buildkit` */
export async function pruneBuildKit(
  io: CommandIo,
  argv: readonly unknown[],
  flags: LimitFlags & ConsentFlags,
): Promise<void> {
  const { planCachePrune } = await import("../../src/broker/buildkit/prune-plan.ts");
  const check = (args: BuildKitArguments) => {
    refuseSelectors(args);
    return cacheLimits(flags, args.place, Date.now());
  };
  await withBuildKit(io, argv, check, (opened, limits) =>
    removeThings(io, opened, planCachePrune(opened.content, limits), flags, {}),
  );
}

async function removeThings(
  io: CommandIo,
  { cache, signal }: OpenedBuildKit,
  things: readonly (CachedUnit | CachedSource)[],
  flags: ConsentFlags,
  more: object,
): Promise<void> {
  const question = `Remove ${thingsText(things)} from ${cache.name}?`;
  const go = things.length > 0 && !flags["dry-run"] && (await io.consent(question, flags.yes));
  const title = `Removing from ${cache.name}`;
  const removal = go
    ? await withProgress({ title, stream: io.progress }, () => cache.remove(things, signal))
    : undefined;
  const gone = things.filter(({ id }) => removal?.removed.has(id));
  io.print({
    json: () => ({
      ...{ buildkit: buildkitJson(cache), removed: go, things: things.map(cachedThingJson), ...more },
      ...(removal !== undefined && {
        ...{ gone: gone.length, left: things.length - gone.length },
        ...{ freed: removal.freed, later: removal.later, ...refusalJson(removal.refusal) },
      }),
    }),
    text: () =>
      removal === undefined
        ? formatPlannedCacheRemoval(things, cache.name)
        : formatCacheRemoval(things, removal, cache.name),
  });
  if (removal !== undefined && gone.length < things.length) process.exitCode = EXIT_STATUS.refused;
}
