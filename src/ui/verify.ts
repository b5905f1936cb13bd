// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BadFile, RecordRow, VerifyReport } from "../store/store.ts";
import { plural } from "./count.ts";
import { formatSize } from "./size.ts";
import type { TableView } from "./table.ts";
import { unitName } from "./unit-name.ts";
import { printable } from "./width.ts";

/** What became of a unit that was compiled again. */
export interface Rebuild {
  readonly row: RecordRow;
  readonly outcome: "same" | "different" | "skipped";
  /** Which files differ, or why it was skipped. */
  readonly detail: string;
}

/** True if nothing was wrong with what is stored. */
export function isSound(report: VerifyReport): boolean {
  return (
    report.corrupt.length === 0 &&
    report.missing.length === 0 &&
    report.unreadable.length === 0 &&
    report.indexSound
  );
}

/** What was checked, and each thing that was wrong. */
export function formatVerify(report: VerifyReport, { paint }: TableView): string {
  const bad = (what: string, unit: string) => `${paint("red", what)} ${unit}, removed\n`;
  const lines = [
    ...report.corrupt.map((file) => bad("corrupt", fileText(file))),
    ...report.missing.map((file) => bad("missing", fileText(file))),
    ...report.unreadable.map((row) => bad("unreadable", `record of ${printable(unitName(row.identity))}`)),
    ...(report.indexSound
      ? []
      : [`${paint("red", "damaged")} index; it is made anew when the store is opened again\n`]),
  ];
  const wrong = report.corrupt.length + report.missing.length + report.unreadable.length;
  const found = isSound(report)
    ? "all sound"
    : `${plural(wrong, "problem")}, nothing wrong is left to be restored`;
  const sum = `Checked ${plural(report.records, "unit")} and ${plural(report.checked, "file")} (${formatSize(report.bytes)}): ${found}\n`;
  return lines.join("") + sum;
}

/** One line for each rebuilt unit that is not the same, and a sum. Nothing if none was rebuilt. */
export function formatRebuilds(rebuilds: readonly Rebuild[], { paint }: TableView): string {
  if (rebuilds.length === 0) return "";
  const count = (outcome: Rebuild["outcome"]) =>
    rebuilds.filter((rebuild) => rebuild.outcome === outcome).length;
  const lines = rebuilds
    .filter(({ outcome }) => outcome !== "same")
    .map(
      ({ row, outcome, detail }) =>
        `${paint("yellow", outcome)} ${printable(unitName(row.identity))}: ${printable(detail)}\n`,
    );
  return `${lines.join("")}Rebuilt ${plural(rebuilds.length, "unit")}: ${count("same")} the same, ${count("different")} different, ${count("skipped")} skipped\n`;
}

function fileText({ digest, records }: BadFile): string {
  const users = records.map((row) => unitName(row.identity));
  const [first = "no unit", ...others] = users;
  const more = others.length > 0 ? ` and ${plural(others.length, "other")}` : "";
  return `file ${digest.slice(0, 12)} of ${printable(first)}${more}`;
}
