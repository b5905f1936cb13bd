// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitIdentity } from "../unit/record.ts";
import { plural } from "./count.ts";
import { formatSize } from "./size.ts";
import type { TableView } from "./table.ts";
import { unitName } from "./unit-name.ts";
import { printable } from "./width.ts";

/** Why a unit was not taken in, for a sum. */
const LEFT_TEXT = {
  "not-built": "not built here",
  otherwise: "built in another way",
  changed: "changed since",
  dependency: "stand on these",
  uncacheable: "never cached",
  unproven: "not certain",
} as const;

/** What became of a unit that a target directory may hold. */
export type ExaminedUnit = { readonly identity: UnitIdentity | undefined } & (
  | { readonly kind: "adopted" | "known"; readonly size: number }
  | { readonly kind: "left"; readonly left: keyof typeof LEFT_TEXT; readonly reason: string }
);

export interface Adoption {
  /** Where plain Cargo built. */
  readonly directory: string;
  readonly units: readonly ExaminedUnit[];
  /** Why there may be more units than these; undefined if there are not. */
  readonly complaint: string | undefined;
  /** True if nothing was taken in: it is what would be. */
  readonly dryRun: boolean;
}

/** More reasons than this are left to `--json`. */
const LISTED_REASONS = 12;

/** The first unit of each reason why some are left, then `Adopted 210 of 225 units (1.2 GB); 15 left: …`. */
export function formatAdoption(adoption: Adoption, { paint }: TableView): string {
  const { units, dryRun, complaint } = adoption;
  const adopted = units.flatMap((unit) => (unit.kind === "adopted" ? [unit] : []));
  const known = units.filter((unit) => unit.kind === "known");
  const left = units.flatMap((unit) => (unit.kind === "left" ? [unit] : []));
  const groups = [...Map.groupBy(left, ({ reason }) => reason)];
  const lines = groups.slice(0, LISTED_REASONS).flatMap(([reason, [first, ...others]]) => {
    const name = first?.identity === undefined ? "a unit" : unitName(first.identity);
    const line = `${paint("yellow", "left")} ${printable(name)}: ${printable(reason)}\n`;
    if (others.length === 0) return [line];
    return [line, `   and ${plural(others.length, "more unit", "more units")} for the same reason\n`];
  });
  const size = formatSize(adopted.reduce((sum, unit) => sum + unit.size, 0));
  const verb = dryRun ? "Would adopt" : "Adopted";
  const there = known.length === 0 ? "" : `, ${plural(known.length, "was", "were")} in the cache`;
  const sum = `${verb} ${adopted.length} of ${plural(units.length, "unit")} (${size})${there}${leftText(left)}\n`;
  const isElsewhere = left.length > 0 && left.every((unit) => unit.left === "not-built");
  const hint = isElsewhere
    ? `Name what you build with: \`cargo green cache adopt build --release\`; looked into ${printable(adoption.directory)}\n`
    : "";
  const stopped =
    complaint === undefined ? "" : `${paint("yellow", "Cargo stopped half-way")}: ${printable(complaint)}\n`;
  return lines.join("") + sum + stopped + hint;
}

function leftText(left: readonly { readonly left: keyof typeof LEFT_TEXT }[]): string {
  if (left.length === 0) return "";
  const kinds = (Object.keys(LEFT_TEXT) as (keyof typeof LEFT_TEXT)[]).flatMap((kind) => {
    const count = left.filter((unit) => unit.left === kind).length;
    return count === 0 ? [] : [`${count} ${LEFT_TEXT[kind]}`];
  });
  return `; ${left.length} left: ${kinds.join(", ")}`;
}
