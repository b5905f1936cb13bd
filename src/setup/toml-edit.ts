// SPDX-License-Identifier: MIT OR Apache-2.0
import { isDeepStrictEqual } from "node:util";
import { parseDocument } from "../config/reader.ts";
import { isTable } from "../config/tables.ts";
import { scanToml, type TomlEntry } from "../config/toml-scan.ts";
import { GreenError } from "../error.ts";

/** A value to set: where, and as TOML. */
export interface TomlChange {
  readonly path: readonly [string, ...string[]];
  /** TOML of the value: `"text"`, `["a", "b"]`. */
  readonly literal: string;
}

/**
 * `text` with one value set; everything else, comments, order and line ends too, stays as it is. Checked by parsing
 * the result: it says what `text` said, and the new value.
 * @throws GreenError "config" if `text` is no TOML, or has something else where a table is needed
 */
export async function setTomlValue(file: string, text: string, change: TomlChange): Promise<string> {
  const before = await parseDocument(file, text);
  const edited = edit(text, change);
  const wanted = structuredClone(before.root) as Record<string, unknown>;
  const { root: value } = await parseDocument(file, `value = ${change.literal}`);
  place(wanted, change.path, value["value"]);
  const after = await parseDocument(file, edited).catch(() => undefined);
  if (after !== undefined && isDeepStrictEqual(plain(after.root), plain(wanted))) return edited;
  const key = change.path.join(".");
  throw new GreenError("config", `"${file}" is written in a way that ${key} cannot be added to`, {
    hint: `add ${key} = ${change.literal} to it by hand`,
  });
}

/** The value at a path of a TOML text, undefined if there is none. */
export async function tomlValue(file: string, text: string, path: readonly string[]): Promise<unknown> {
  let value: unknown = (await parseDocument(file, text)).root;
  for (const part of path) value = isTable(value) ? value[part] : undefined;
  return value;
}

function edit(text: string, { path, literal }: TomlChange): string {
  const entries = scanToml(text);
  const eol = /\r\n/.test(text) ? "\r\n" : "\n";
  const table = path.slice(0, -1);
  const key = (given: number) => path.slice(given).map(keyText).join(".");
  const splice = (at: number, inserted: string, until = at) =>
    text.slice(0, at) + inserted + text.slice(until);

  const there = entries.find((entry) => same(entry.path, path) && isPair(entry));
  if (there !== undefined) return splice(there.valueStart, literal, there.end);

  const inline = entries.find((entry) => same(entry.path, table) && isPair(entry));
  if (inline !== undefined) {
    const rest = text.slice(inline.valueStart + 1, inline.end - 1).trim();
    return splice(inline.valueStart + 1, ` ${key(table.length)} = ${literal}${rest === "" ? " " : ","}`);
  }
  const header = entries.find((entry) => entry.kind === "table" && same(entry.path, table));
  if (header !== undefined) return insertLine(text, header.end, `${key(table.length)} = ${literal}`, eol);

  // A table that dotted keys made has no header, and must not get one.
  const dotted = entries.findLast(
    (entry) => entry.kind === "pair" && entry.given <= table.length - 1 && begins(entry.path, table),
  );
  if (dotted !== undefined && table.length > 0) {
    return insertLine(text, dotted.end, `${key(dotted.given)} = ${literal}`, eol);
  }
  if (table.length === 0) return insertAtRoot(text, entries, `${key(0)} = ${literal}`, eol);
  const gap = text.trim() === "" ? "" : eol;
  return `${withFinalBreak(text, eol)}${gap}[${table.map(keyText).join(".")}]${eol}${key(table.length)} = ${literal}${eol}`;
}

/** Behind the line of `offset`, comment included. */
function insertLine(text: string, offset: number, line: string, eol: string): string {
  const end = text.indexOf("\n", offset);
  if (end < 0) return `${text}${eol}${line}${eol}`;
  return `${text.slice(0, end + 1)}${line}${eol}${text.slice(end + 1)}`;
}

/** Keys of the root must stand before the first header. */
function insertAtRoot(text: string, entries: readonly TomlEntry[], line: string, eol: string): string {
  const last = entries.findLast(
    (entry) => entry.kind === "pair" && entry.given === 0 && isBeforeHeaders(entry, entries),
  );
  if (last !== undefined) return insertLine(text, last.end, line, eol);
  if (!entries.some(isHeader)) return `${withFinalBreak(text, eol)}${line}${eol}`;
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  return `${text.slice(0, start)}${line}${eol}${text.slice(start)}`;
}

function isBeforeHeaders(entry: TomlEntry, entries: readonly TomlEntry[]): boolean {
  const first = entries.find(isHeader);
  return first === undefined || entry.start < first.start;
}

function isHeader({ kind }: TomlEntry): boolean {
  return kind === "table" || kind === "array-table";
}

function isPair({ kind }: TomlEntry): boolean {
  return kind === "pair" || kind === "inline";
}

function withFinalBreak(text: string, eol: string): string {
  return text === "" || text === "\uFEFF" || text.endsWith("\n") ? text : text + eol;
}

function keyText(part: string): string {
  return /^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && begins(a, b);
}

function begins(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, at) => path[at] === part);
}

function place(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    root[name] = value;
    return;
  }
  const below = root[name];
  const table: Record<string, unknown> = isTable(below) ? { ...below } : {};
  root[name] = table;
  place(table, rest, value);
}

/** Comparable: parsers give tables without a prototype, and dates as objects. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each)),
  );
}
