// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../src/error.ts";
import { buildkitJson, cachedUnitJson, cacheStatsJson } from "../../src/ui/buildkit-json.ts";
import { formatCachedUnits } from "../../src/ui/buildkit-listing.ts";
import { formatCachedUnit, formatCacheStats } from "../../src/ui/buildkit-report.ts";
import { formatUnmatched } from "../../src/ui/unmatched.ts";
import type { CommandIo } from "../base.ts";
import { type BuildKitArguments, refuseBuildKitFlags } from "../buildkit-place.ts";
import { requireNarrowing, type SelectionFlags, selectionOf } from "../selection-flags.ts";
import { DEFAULT_LIMIT } from "./remote-showing.ts";
import { withBuildKit } from "./with-buildkit.ts";

/** `cache ls --buildkit` */
export async function listBuildKit(
  io: CommandIo,
  argv: readonly unknown[],
  flags: SelectionFlags,
): Promise<void> {
  const now = Date.now();
  const { selectUnits } = await import("../../src/broker/buildkit/select-units.ts");
  const check = ({ place, selectors }: BuildKitArguments) => {
    refuseBuildKitFlags(flags, place);
    return selectionOf(selectors, flags, now);
  };
  await withBuildKit(io, argv, check, async ({ cache, content }, selection) => {
    const selected = selectUnits(content.units, selection);
    io.print({
      json: () => ({
        ...{ buildkit: buildkitJson(cache), units: selected.units.map(cachedUnitJson) },
        matched: selected.matched,
      }),
      text: (view) => formatCachedUnits(selected, cache, now, view),
    });
  });
}

/** `cache show --buildkit` */
export async function showBuildKit(
  io: CommandIo,
  argv: readonly unknown[],
  flags: SelectionFlags,
): Promise<void> {
  const now = Date.now();
  const { selectUnits } = await import("../../src/broker/buildkit/select-units.ts");
  const check = ({ place, selectors }: BuildKitArguments) => {
    refuseBuildKitFlags(flags, place);
    const selection = selectionOf(selectors, flags, now);
    const hint = "name a crate or a key; `cargo green cache ls --buildkit` lists them";
    requireNarrowing(selection, "show", hint);
    return { selection, selectors };
  };
  await withBuildKit(io, argv, check, async ({ cache, content }, { selection, selectors }) => {
    const sort = cache.kind === "builder" ? "used" : "created";
    const selected = selectUnits(content.units, { sort, limit: DEFAULT_LIMIT, ...selection });
    const { units, matched } = selected;
    const unmatched = selected.unmatched.map((at) => selectors[at] ?? "");
    process.stderr.write(formatUnmatched(unmatched, () => undefined, cache.name));
    if (units.length === 0) {
      throw new GreenError("not-found", `No unit that "${cache.name}" keeps matches`, {
        hint: "`cargo green cache ls --buildkit` lists what is there",
      });
    }
    io.print({
      json: () => ({
        buildkit: buildkitJson(cache),
        units: units.map((unit) => ({ ...cachedUnitJson(unit), command: unit.command })),
        ...{ matched, unmatched },
      }),
      text: (view) => {
        const cards = units.map((unit) => formatCachedUnit(unit, now, view)).join("\n");
        const more = matched.units - units.length;
        return more > 0 ? `${cards}\n${more} more match; add --limit\n` : cards;
      },
    });
  });
}

/** `cache stats --buildkit` */
export async function showBuildKitStats(io: CommandIo, argv: readonly unknown[]): Promise<void> {
  await withBuildKit(io, argv, refuseSelectors, async ({ cache, content }) => {
    io.print({
      json: () => ({ buildkit: buildkitJson(cache), ...cacheStatsJson(content) }),
      text: (view) => formatCacheStats(content, cache.name, view),
    });
  });
}

/** For commands that take nothing but a place. */
export function refuseSelectors({ selectors: [selector] }: BuildKitArguments): void {
  if (selector === undefined) return;
  throw new GreenError("usage", `There is no builder and no remote "${selector}"`, {
    hint: "`cargo green builder ls` lists builders, `cargo green config show` remotes",
  });
}
