// SPDX-License-Identifier: MIT OR Apache-2.0
import { Args, Flags } from "@oclif/core";
import { parseDuration, parseSize } from "../src/config/quantity.ts";
import { GreenError } from "../src/error.ts";
import { type Selection, SORT_ORDERS, type SortOrder } from "../src/store/selection.ts";
import { parseRange, parseSelector } from "../src/store/selector.ts";
import { UNIT_KINDS, type UnitKind } from "../src/unit/record.ts";

const helpGroup = "SELECTION";

/** `[SELECTOR…]`, for commands with `static strict = false`. */
export const selectorArgument = {
  selector: Args.string({ description: "serde, serde@^1.0.200, pkg:cargo/serde@1.0.228 or a key" }),
};

/** Flags that narrow a selection; the same on every command that takes selectors. */
export const filterFlags = {
  rustc: Flags.string({
    helpGroup,
    helpValue: "RANGE",
    summary: "Compiled by these releases, e.g. '>=1.90 <1.96'",
  }),
  target: Flags.string({ helpGroup, helpValue: "TRIPLE", summary: "Compiled for this target triple" }),
  profile: Flags.string({ helpGroup, helpValue: "NAME", summary: "debug, release or a profile of yours" }),
  kind: Flags.string({
    helpGroup,
    helpValue: "KIND",
    options: [...UNIT_KINDS],
    summary: `One of ${UNIT_KINDS.join(", ")}`,
  }),
  public: Flags.boolean({
    helpGroup,
    exclusive: ["private"],
    summary: "Only units that may be shared publicly",
  }),
  private: Flags.boolean({ helpGroup, exclusive: ["public"], summary: "Only units that must stay private" }),
  pinned: Flags.boolean({ helpGroup, allowNo: true, summary: "Only pinned units, or only others" }),
  unsandboxed: Flags.boolean({ helpGroup, summary: "Only units that were made without a sandbox" }),
  "unused-since": Flags.string({ helpGroup, helpValue: "7d", summary: "Not used for this long" }),
  "larger-than": Flags.string({ helpGroup, helpValue: "10MB", summary: "Larger than this" }),
};

/** Order and number of what is listed. */
export const orderFlags = {
  sort: Flags.string({
    helpGroup,
    helpValue: "ORDER",
    options: [...SORT_ORDERS],
    summary: `By ${SORT_ORDERS.join(", ")}`,
  }),
  limit: Flags.integer({ helpGroup, min: 1, helpValue: "N", summary: "List at most N" }),
};

/** What the flags above parse to. */
export interface SelectionFlags {
  readonly rustc?: string | undefined;
  readonly target?: string | undefined;
  readonly profile?: string | undefined;
  readonly kind?: string | undefined;
  readonly public?: boolean | undefined;
  readonly private?: boolean | undefined;
  readonly pinned?: boolean | undefined;
  readonly unsandboxed?: boolean | undefined;
  readonly "unused-since"?: string | undefined;
  readonly "larger-than"?: string | undefined;
  readonly sort?: string | undefined;
  readonly limit?: number | undefined;
}

/**
 * Arguments and flags as a selection.
 * @param now milliseconds since the epoch, from which ages count
 * @throws GreenError "usage"
 */
export function selectionOf(selectors: readonly unknown[], flags: SelectionFlags, now: number): Selection {
  const since = flags["unused-since"];
  const larger = flags["larger-than"];
  return {
    selectors: selectors.map((selector) => parseSelector(String(selector))),
    ...(flags.rustc !== undefined && { rustc: parseRange(flags.rustc, "--rustc") }),
    ...(flags.target !== undefined && { target: flags.target }),
    ...(flags.profile !== undefined && { profile: flags.profile }),
    ...(flags.kind !== undefined && { kind: flags.kind as UnitKind }),
    ...(flags.public === true && { privacy: "public" as const }),
    ...(flags.private === true && { privacy: "private" as const }),
    ...(flags.pinned !== undefined && { pinned: flags.pinned }),
    ...(flags.unsandboxed === true && { sandboxed: false }),
    ...(since !== undefined && { unusedSince: now - parseDuration(since, "--unused-since") }),
    ...(larger !== undefined && { largerThan: parseSize(larger, "--larger-than") }),
    ...(flags.sort !== undefined && { sort: flags.sort as SortOrder }),
    ...(flags.limit !== undefined && { limit: flags.limit }),
  };
}

/** Refuses a selection of everything, for commands that change what they select. */
export function requireNarrowing(selection: Selection, verb: string, hint: string): void {
  const { selectors, ...filters } = selection;
  if (selectors.length === 0 && Object.keys(filters).length === 0) {
    throw new GreenError("usage", `Nothing is named to ${verb}`, { hint });
  }
}
