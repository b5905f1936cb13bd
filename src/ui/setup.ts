// SPDX-License-Identifier: MIT OR Apache-2.0
import type { FileChange } from "../setup/file-change.ts";
import { type DiffLine, diffLines } from "../setup/line-diff.ts";
import { plain } from "./color.ts";
import type { TableView } from "./table.ts";

/** Unchanged lines that are shown around changed ones. */
const CONTEXT = 2; // 2 lines

/** Changes of files as people read them: the file, then removed and added lines and some around. */
export function formatChanges(changes: readonly FileChange[], view: Pick<TableView, "paint">): string {
  return changes.map((change) => formatChange(change, view)).join("\n");
}

function formatChange({ path, before, after }: FileChange, { paint }: Pick<TableView, "paint">): string {
  const note = before === undefined ? " (new)" : after === undefined ? " (removed)" : "";
  const lines = diffLines(before ?? "", after ?? "");
  const body = lines.flatMap((line, at) => {
    const near = lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1);
    if (near.every(({ kind }) => kind === "both")) {
      const gap =
        at > 0 && lines.slice(Math.max(0, at - CONTEXT - 1), at).some(({ kind }) => kind !== "both");
      return gap ? [`  ${paint("dim", "…")}\n`] : [];
    }
    return [formatLine(line, paint)];
  });
  return `${paint("bold", path)}${note}\n${body.join("")}`;
}

const SIGNS = { both: " ", removed: "-", added: "+" } as const;

function formatLine({ kind, line }: DiffLine, paint: TableView["paint"]): string {
  const text = `${SIGNS[kind]} ${line.replace(/\r?\n$/, "")}`;
  if (kind === "both") return `${text}\n`;
  return `${paint(kind === "added" ? "green" : "red", text)}\n`;
}

/** What `setup --json` prints. */
export function setupJson(changes: readonly FileChange[], done: boolean): object {
  return {
    done,
    changes: changes.map(({ path, before, after }) => ({
      path,
      before: before ?? null,
      after: after ?? null,
      diff: formatChange({ path, before, after }, { paint: plain }),
    })),
  };
}
