// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Finding, FindingStatus } from "../doctor/finding.ts";
import type { Style } from "./color.ts";
import { plural } from "./count.ts";
import type { TableView } from "./table.ts";

const LOOKS: Readonly<Record<FindingStatus, Style>> = {
  ok: "green",
  note: "dim",
  warning: "yellow",
  problem: "red",
};

/** One line a finding, what to do below it, and a last line that sums up. */
export function formatFindings(findings: readonly Finding[], { paint }: Pick<TableView, "paint">): string {
  const lines = findings.flatMap(({ status, says, todo }) => [
    `${paint(LOOKS[status], status.padStart(7))}  ${says}\n`,
    ...(todo === undefined ? [] : [`         ${paint("cyan", "→")} ${todo}\n`]),
  ]);
  return `${lines.join("")}\n${sumUp(findings)}\n`;
}

function sumUp(findings: readonly Finding[]): string {
  const count = (wanted: FindingStatus) => findings.filter(({ status }) => status === wanted).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  if (problems + warnings === 0) return "All is well";
  const parts = [
    ...(problems > 0 ? [plural(problems, "problem")] : []),
    ...(warnings > 0 ? [plural(warnings, "warning")] : []),
  ];
  return parts.join(", ");
}

/** What `doctor --json` prints. */
export function doctorJson(findings: readonly Finding[]): object {
  return { well: isWell(findings), findings };
}

/** True if nothing is broken; warnings are not. */
export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status !== "problem");
}
