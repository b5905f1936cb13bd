// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BuildLog } from "../store/build-log.ts";
import { formatAge } from "./age.ts";
import { plural } from "./count.ts";
import type { Cause, Change, Explanation, Group } from "./explain.ts";
import { inputText, isCheckOrBuild } from "./input-value.ts";
import type { TableView } from "./table.ts";
import { unitName } from "./unit-name.ts";
import { displayWidth, pad, printable, shortenMiddle } from "./width.ts";

/** More changes than this are counted, not listed; `--json` has all. */
const LISTED_CHANGES = 8;
const LABEL_COLUMNS = 18;
/** A value never gets less than this, even where the terminal is narrower. */
const MIN_VALUE_COLUMNS = 12;
const MAX_VALUE_COLUMNS = 100;
const DIGEST_LIKE = /\b([0-9a-f]{8})[0-9a-f]{56}\b/g;

/** Why the units of a build were compiled, for people. */
export function formatWhy(build: BuildLog, explanation: Explanation, now: number, view: TableView): string {
  const { groups, restored } = explanation;
  const compiled = groups.reduce((sum, group) => sum + group.units.length, 0);
  const command = printable(build.command.join(" "));
  const ago = `${formatAge(now - build.finished)} ago`;
  const head = view.paint(
    "dim",
    `\`${command}\`, ${ago}: ${plural(restored.length, "unit")} restored, ${plural(compiled, "unit")} compiled`,
  );
  const notes = (build.notes ?? []).map((note) => `${view.paint("yellow", "note:")} ${printable(note)}\n`);
  return `${head}\n${notes.join("")}${groups.map((group) => formatGroup(group, view)).join("")}`;
}

function formatGroup({ cause, units }: Group, view: TableView): string {
  const [first, ...others] = units;
  const lines = [`${view.paint("yellow", printable(unitName(first)))} ${verdict(cause)}`];
  if ((cause.kind === "changed" && !isOnlyOther(cause.changes)) || cause.kind === "dependencies")
    lines.push(...changeLines(cause.changes, view));
  if (others.length > 0) {
    const reason = cause.kind === "dependencies" ? "whose dependencies changed too" : "for the same reason";
    lines.push(`   and ${plural(others.length, "more unit", "more units")} ${reason}`);
  }
  return `${lines.join("\n")}\n`;
}

function verdict(cause: Cause): string {
  switch (cause.kind) {
    case "changed":
      if (isOnlyOther(cause.changes))
        return "was built: check and build are different units, and the cache had the other";
      return `was built: ${cause.changes.length === 1 ? "an input changed" : "inputs changed"}`;
    case "dependencies":
      return `was built: ${cause.changes.length === 1 ? "a dependency" : "dependencies"} changed`;
    case "new":
      return "was built: nothing comparable in the cache";
    case "gone":
      return "was built: the same unit was in the cache, but its files were gone or did not fit";
    case "uncached":
      return `was built and not kept: ${printable(cause.reason)}`;
  }
}

/** True if `check` made what is compared and `build` was asked, or the other way round, and nothing else differs. */
function isOnlyOther(changes: readonly Change[]): boolean {
  const [first, ...others] = changes;
  return others.length === 0 && first?.label === "emit" && isCheckOrBuild(first.old, first.new);
}

function changeLines(changes: readonly Change[], view: TableView): string[] {
  const listed = changes.length > LISTED_CHANGES ? changes.slice(0, LISTED_CHANGES - 1) : changes;
  const labels = listed.map(({ label }) => printable(label));
  const column = Math.max(LABEL_COLUMNS, ...labels.map(displayWidth));
  const room = Math.floor((Math.min(view.width, 2 * MAX_VALUE_COLUMNS) - column - "     →  ".length) / 2);
  const value = (label: string, text: string | undefined) =>
    text === undefined
      ? "(none)"
      : shortenMiddle(
          printable(inputText(label, text)).replace(DIGEST_LIKE, "$1…") || '""',
          Math.max(MIN_VALUE_COLUMNS, room),
        );
  const lines = listed.map(
    (change, index) =>
      `    ${pad(labels[index] ?? "", column, "left")} ${value(change.label, change.old)} → ${value(change.label, change.new)}`,
  );
  const more = changes.length - listed.length;
  return more > 0 ? [...lines, `    and ${more} more inputs`] : lines;
}
