// SPDX-License-Identifier: MIT OR Apache-2.0
import { isDeepStrictEqual } from "node:util";
import { parseDocument } from "../config/reader.ts";
import { isTable } from "../config/tables.ts";
import { scanToml } from "../config/toml-scan.ts";
import { GreenError } from "../error.ts";

/**
 * `text` without what stands at a path, a value or a table with all that is in it; everything else, comments too, stays
 * as it is, but for comments between the lines that go. Checked by parsing the result. Unchanged if there is no such
 * thing.
 * @throws GreenError "config" if `text` is no TOML, or if the thing is part of a line that has to stay
 */
export async function removeToml(file: string, text: string, path: readonly string[]): Promise<string> {
  const { root } = await parseDocument(file, text);
  const edited = withoutLines(text, linesOf(text, path));
  const after = await parseDocument(file, edited).catch(() => undefined);
  if (after !== undefined && isDeepStrictEqual(plain(after.root), plain(without(root, path)))) return edited;
  throw new GreenError("config", `"${file}" is written in a way that ${path.join(".")} cannot be removed`, {
    hint: "remove it by hand",
  });
}

/** From the start of a first line to the end of a last one, with its line break. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** A header takes everything up to the last pair below it along. */
function linesOf(text: string, path: readonly string[]): readonly Span[] {
  const spans: Span[] = [];
  for (const entry of scanToml(text)) {
    if (entry.kind === "inline" || !begins(entry.path, path)) continue;
    const isBelowHeader = entry.kind === "pair" && entry.given >= path.length;
    const header = isBelowHeader ? spans.pop() : undefined;
    const start = header?.start ?? text.lastIndexOf("\n", entry.start) + 1;
    spans.push({ start, end: endOfLine(text, entry.end) });
  }
  return spans;
}

function endOfLine(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

/** Takes an empty line before along, where there would else be two, or one at the end. */
function withoutLines(text: string, spans: readonly Span[]): string {
  return spans.toReversed().reduce((rest, { start, end }) => {
    const [before, behind] = [rest.slice(0, start), rest.slice(end)];
    const isDouble = /(?:^|\n)\r?\n$/.test(before) && /^(?:\r?\n|$)/.test(behind);
    return (isDouble ? before.replace(/\r?\n$/, "") : before) + behind;
  }, text);
}

function begins(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, at) => path[at] === part);
}

function without(root: unknown, [name = "", ...rest]: readonly string[]): unknown {
  if (!isTable(root) || !Object.hasOwn(root, name)) return root;
  const { [name]: found, ...others } = root;
  return rest.length === 0 ? others : { ...others, [name]: without(found, rest) };
}

/** Comparable: without tables that hold nothing, as one that had only what went may be gone with it. */
function plain(value: unknown): unknown {
  if (isTable(value)) {
    const entries = Object.entries(value).map(([key, below]) => [key, plain(below)] as const);
    return Object.fromEntries(entries.filter(([, below]) => !isEmptyTable(below)));
  }
  return JSON.parse(
    JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each)),
  );
}

function isEmptyTable(value: unknown): boolean {
  return isTable(value) && Object.keys(value).length === 0;
}
