// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseAnyPackTag, parseUnitTag, type UnitTagParts } from "../../remote/format/tag.ts";
import type { Selection, Selector } from "../../store/selection.ts";
import { versionsIn } from "../../store/version-range.ts";

/** Which tags of a remote a selection can mean. */
export interface TagFilter {
  /** What their names begin with, sorted, none of them the beginning of another; `[""]` for all. */
  readonly prefixes: readonly string[];
  /** False if what such a tag leads to, by its name, holds nothing that is selected. */
  mayHold(tag: string): boolean;
}

/** Crates are named at the beginning of a unit's tag, unless the name is replaced by its hash. */
const HASHED_CRATE = "h";
const PACK = "pack.";

/** The tags that a selection can mean. Of packs only compiler, target and profile can be told from outside. */
export function tagFilter({ selectors, rustc, target, profile }: Selection): TagFilter {
  const crates = selectors.flatMap((selector) => (selector.by === "crate" ? [`${selector.name}-`] : []));
  const isByCrate = crates.length > 0 && crates.length === selectors.length;
  const fits = (parts: Pick<UnitTagParts, "rustc" | "triple" | "profile">) =>
    (rustc === undefined || parts.rustc === undefined || versionsIn([parts.rustc], rustc).length > 0) &&
    [
      [target, parts.triple],
      [profile, parts.profile],
    ].every(([wanted, there]) => wanted === undefined || there === undefined || wanted === there);
  return {
    prefixes: isByCrate ? outermost([...crates, HASHED_CRATE, PACK]) : [""],
    mayHold(tag) {
      const pack = parseAnyPackTag(tag);
      // A pack may be of several targets, and its tag has one name for them all.
      if (pack !== undefined) return fits({ ...pack, triple: undefined });
      const unit = parseUnitTag(tag);
      if (unit === undefined) return true;
      return fits(unit) && (selectors.length === 0 || selectors.some((selector) => mayMean(selector, unit)));
    },
  };
}

function mayMean(selector: Selector, { package: name, version, key }: UnitTagParts): boolean {
  if (selector.by === "key") {
    return key.startsWith(selector.prefix.slice(0, key.length).toLowerCase());
  }
  if (name === undefined) return true;
  if (name !== selector.name) return false;
  return (
    selector.version === undefined ||
    version === undefined ||
    versionsIn([version], selector.version).length > 0
  );
}

function outermost(prefixes: readonly string[]): readonly string[] {
  const sorted = [...new Set(prefixes)].sort();
  return sorted.filter((prefix) => !sorted.some((other) => other !== prefix && prefix.startsWith(other)));
}
