// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseDocument } from "../config/reader.ts";
import { isTable } from "../config/tables.ts";
import { type FileChange, readUserFile } from "./file-change.ts";
import type { Journal } from "./journal.ts";
import { diffLines, splitLines } from "./line-diff.ts";

/** What undoing would change, and files that were edited since in a way that setup's lines are not to be found. */
export interface UndoPlan {
  readonly changes: readonly FileChange[];
  readonly stuck: readonly FileChange[];
}

/** Each file exactly as it was before setup; where it was edited since, those edits stay. */
export async function planUndo(journal: Journal): Promise<UndoPlan> {
  const changes: FileChange[] = [];
  const stuck: FileChange[] = [];
  for (const file of journal.files) {
    const now = readUserFile(file.path);
    if (now === undefined || now === file.before) continue;
    if (now === file.after) {
      changes.push({ path: file.path, before: now, after: file.before });
      continue;
    }
    const after = await takeBack(now, file);
    if (after === undefined) stuck.push(file);
    else if (after !== now) changes.push({ path: file.path, before: now, after });
  }
  return { changes, stuck };
}

/**
 * `now` without what setup wrote. The headers that setup wrote are kept if something else stands below them now.
 * Undefined if neither way leaves everything else as it is.
 */
async function takeBack(now: string, file: FileChange): Promise<string | undefined> {
  for (const keep of [/^$/, /^\s*(\[|$)/]) {
    const text = withoutHunks(now, hunksOf(file), keep);
    if (text !== undefined && (await onlyOursDiffers(now, text, file))) return text;
  }
  return undefined;
}

interface Hunk {
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

function hunksOf({ before = "", after = "" }: FileChange): readonly Hunk[] {
  const hunks: { removed: string[]; added: string[] }[] = [];
  let open: { removed: string[]; added: string[] } | undefined;
  for (const { kind, line } of diffLines(before, after)) {
    if (kind === "both") open = undefined;
    else {
      if (open === undefined) {
        open = { removed: [], added: [] };
        hunks.push(open);
      }
      open[kind].push(line);
    }
  }
  return hunks;
}

function withoutHunks(now: string, hunks: readonly Hunk[], keep: RegExp): string | undefined {
  let lines = splitLines(now);
  for (const { removed, added } of hunks) {
    const wanted = added.filter((line) => !keep.test(line));
    const at = lines.findIndex((_, from) => wanted.every((line, index) => lines[from + index] === line));
    if (at < 0) return undefined;
    lines = [...lines.slice(0, at), ...removed, ...lines.slice(at + wanted.length)];
  }
  // What was the last line, without a line break, may no longer be the last one.
  return lines
    .map((line, at) => (at < lines.length - 1 && !line.endsWith("\n") ? `${line}\n` : line))
    .join("");
}

/** Is each value of `now` still there, but for those that setup set, and are these as they were before setup? */
async function onlyOursDiffers(now: string, text: string, file: FileChange): Promise<boolean> {
  const values = (content: string | undefined) => leaves(file.path, content ?? "");
  const result = await values(text).catch(() => undefined);
  if (result === undefined) return false;
  const [before, after, current] = await Promise.all([values(file.before), values(file.after), values(now)]);
  const ours = [...after].filter(([key, value]) => before.get(key) !== value).map(([key]) => key);
  const expected = new Map(current);
  for (const key of ours) {
    const old = before.get(key);
    if (old === undefined) expected.delete(key);
    else expected.set(key, old);
  }
  return result.size === expected.size && [...expected].every(([key, value]) => result.get(key) === value);
}

/** Values by path, both as text; tables only as far as they hold something. */
async function leaves(path: string, text: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const walk = (value: unknown, at: readonly string[]) => {
    if (isTable(value)) for (const [key, below] of Object.entries(value)) walk(below, [...at, key]);
    else
      found.set(
        JSON.stringify(at),
        JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each)),
      );
  };
  walk((await parseDocument(path, text)).root, []);
  return found;
}
