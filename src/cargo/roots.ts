// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";

/**
 * The places of this machine that appear in paths, from the most specific to the least.
 * A path below one is stored as `@@green:NAME@@/rest`, so that a record made in one checkout fits another.
 */
export interface PathRoots {
  /** In the order in which they are tried: longer paths first. */
  readonly roots: readonly PathRoot[];
}

export interface PathRoot {
  readonly name: RootName;
  /** Absolute, without a trailing slash; latin1 of the bytes. */
  readonly path: string;
}

export const ROOT_NAMES = [
  "OUT_DIR",
  "TARGET",
  "PACKAGE",
  "WORKSPACE",
  "CARGO_HOME",
  "RUSTUP_HOME",
  "SYSROOT",
  "HOME",
] as const;
export type RootName = (typeof ROOT_NAMES)[number];

/** Shorter paths (`/`, `/w`) are found everywhere by chance. */
const SHORTEST_ROOT = 4;

/** Where rustup keeps toolchains: build scripts are told, and it is in another place for each user and image. */
const TOOLCHAIN = /^(\/.+)\/toolchains\/[^/]+$/;

/**
 * Sorts out which places of this machine are roots; relative paths, `/` and what is not given are left out.
 * RUSTUP_HOME is known by the SYSROOT.
 */
export function makeRoots(
  places: Readonly<Partial<Record<Exclude<RootName, "RUSTUP_HOME">, string | undefined>>>,
): PathRoots {
  const all = { ...places, RUSTUP_HOME: TOOLCHAIN.exec(places.SYSROOT ?? "")?.[1] };
  const roots = ROOT_NAMES.flatMap((name) => {
    const path = all[name]?.replace(/\/+$/, "") ?? "";
    return path.startsWith("/") && path.length >= SHORTEST_ROOT ? [{ name, path }] : [];
  });
  return { roots: roots.sort((a, b) => b.path.length - a.path.length) }; // stable: ties stay in ROOT_NAMES' order
}

/** A placeholder is a name between these, or nothing: then it stands for the first of them. */
const MARK = "@@green:";
const END = "@@";
const NAME = /^[A-Z_]*$/;
/** A letter of a file name, as far as the boundary of a path in a text is concerned. */
const LETTER = String.raw`\w\-~+@%\x80-\uffff`;
/**
 * What may precede a path: no letter, dot or slash, unless that ends a short option (`-L/path`), a terminal
 * escape (`ESC[0m/path`, also as rustc's JSON writes it) or an escape in a JSON string (`\n/path`).
 */
const BEFORE = new RegExp(
  String.raw`(?<![${LETTER}./])|(?<=(?:^|[\s"'=,;:(\[\0])-[A-Za-z])|(?<=(?:\\u001[bB]|\x1b)\[[0-9;]*m)|(?<=\\[nrt])`,
  "y",
);
/** What may follow: no letter; a dot only where no name goes on after it. */
const AFTER = new RegExp(String.raw`(?![${LETTER}]|\.[${LETTER}.])`, "y");

/**
 * Replaces the roots in a text (a path, an argument, diagnostics) by placeholders, the longest root first and
 * only where a path begins and a component ends: `/home/u/.cargo` is not found in `/home/u/.cargofoo`.
 * What looks like a placeholder already is kept apart: `expandText` gives the same text back.
 */
export function normaliseText(text: string, { roots }: PathRoots): string {
  // No regular expression of all roots: every unit has roots of its own, and compiling one takes longer than this.
  let normalised = "";
  let done = 0;
  let mark = text.indexOf(MARK);
  let slash = roots.length === 0 ? -1 : text.indexOf("/");
  while (mark >= 0 || slash >= 0) {
    const isMark = slash < 0 || (mark >= 0 && mark < slash);
    const at = isMark ? mark : slash;
    const root = isMark ? undefined : rootAt(text, at, roots);
    if (isMark || root !== undefined) {
      normalised += `${text.slice(done, at)}${MARK}${root?.name ?? ""}${END}`;
      done = at + (root?.path ?? MARK).length;
    }
    const next = Math.max(done, at + 1);
    if (mark >= 0 && mark < next) mark = text.indexOf(MARK, next);
    if (slash >= 0 && slash < next) slash = text.indexOf("/", next);
  }
  return done === 0 ? text : normalised + text.slice(done);
}

/** The first root that stands in a text at a position, where a path may begin and a component ends with it. */
function rootAt(text: string, at: number, roots: readonly PathRoot[]): PathRoot | undefined {
  const found = roots.find(
    ({ path }) => text.startsWith(path, at) && isBoundary(AFTER, text, at + path.length),
  );
  return found !== undefined && isBoundary(BEFORE, text, at) ? found : undefined;
}

function isBoundary(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

/**
 * Puts this machine's paths where the placeholders are.
 * Throws GreenError "not-found" if a placeholder names a place that is not among the roots.
 */
export function expandText(text: string, roots: PathRoots): string {
  let expanded = "";
  let done = 0;
  let mark = text.indexOf(MARK);
  while (mark >= 0) {
    let next = mark + MARK.length;
    const end = text.indexOf(END, next);
    const name = end < 0 ? undefined : text.slice(next, end);
    if (name !== undefined && NAME.test(name)) {
      expanded += text.slice(done, mark) + (name === "" ? MARK : pathOf(name, roots));
      done = next = end + END.length;
    }
    mark = text.indexOf(MARK, next);
  }
  return done === 0 ? text : expanded + text.slice(done);
}

function pathOf(name: string, { roots }: PathRoots): string {
  const root = roots.find((each) => each.name === name);
  if (root === undefined) throw new GreenError("not-found", `There is no ${name} here to expand a path with`);
  return root.path;
}

/**
 * Which roots stand literally in the bytes of an output.
 * Constants lie back to back in an executable, so a root of several components counts whatever is around it
 * (a superset of what is really there); one of a single component (`/src`) only at path boundaries.
 * Roots with other than ASCII characters are looked for as latin1 and as UTF-8.
 */
export function findRoots(bytes: Buffer, roots: PathRoots): RootName[] {
  const names = new Set<RootName>();
  const begins = createProbe(bytes);
  for (const { name, path } of roots.roots) {
    if (path.length < SHORTEST_ROOT || names.has(name)) continue;
    const distinctive = path.indexOf("/", 1) > 0;
    if (encodingsOf(path).some((needle) => occurs(bytes, needle, distinctive, begins(needle))))
      names.add(name);
  }
  return [...names];
}

/** Node 24 looks for up to 7 bytes by `memchr`, several times as fast as for more where there are none (string_search.h). */
const PROBE_BYTES = 7;

/**
 * Where the beginning of a path is found first in some bytes; negative: nowhere. Paths of one machine have few
 * beginnings, and most files have none of them: each is looked for once.
 */
function createProbe(bytes: Buffer): (needle: Buffer) => number {
  const found = new Map<string, number>();
  return (needle) => {
    const beginning = needle.subarray(0, PROBE_BYTES);
    const key = beginning.toString("latin1");
    const at = found.get(key) ?? bytes.indexOf(beginning);
    found.set(key, at);
    return at;
  };
}

/**
 * True if bytes name a place above one of the `roots` that is not itself below one: what a program found by going up
 * (`$CARGO_MANIFEST_DIR/..`) is a place of this checkout, though no root says so. Directories above HOME, CARGO_HOME
 * and SYSROOT are everybody's and do not count.
 */
export function mentionsAbove(bytes: Buffer, root: string, roots: PathRoots): boolean {
  const above = placesAbove(root, roots);
  // Whatever is above names the topmost as well; a single component (`/tmp`) only where there is nothing longer.
  const top = above.findLast((path) => path.indexOf("/", 1) > 0) ?? above.at(-1);
  if (top === undefined) return false;
  const known = roots.roots.filter(({ name }) => name !== "HOME").flatMap(({ path }) => encodingsOf(path));
  const distinctive = top.indexOf("/", 1) > 0;
  return encodingsOf(top).some((needle) => {
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
      if (inName(bytes[at + needle.length], false) || (!distinctive && inName(bytes[at - 1], true))) continue;
      const isKnown = known.some(
        (path) =>
          bytes.subarray(at, at + path.length).equals(path) && !inName(bytes[at + path.length], false),
      );
      if (!isKnown) return true;
    }
    return false;
  });
}

/** The directories above a root, the nearest first. */
function placesAbove(root: string, { roots }: PathRoots): readonly string[] {
  const shared = roots.filter(({ name }) => name === "HOME" || name === "CARGO_HOME" || name === "SYSROOT");
  const above: string[] = [];
  for (let end = root.lastIndexOf("/"); end > 0; end = root.lastIndexOf("/", end - 1)) {
    const path = root.slice(0, end);
    if (shared.some((each) => each.path === path || each.path.startsWith(`${path}/`))) break;
    above.push(path);
  }
  return above;
}

function encodingsOf(path: string): readonly Buffer[] {
  const latin1 = Buffer.from(path, "latin1");
  const utf8 = Buffer.from(path, "utf8");
  return latin1.equals(utf8) ? [utf8] : [latin1, utf8];
}

/** @param from where it can be found first; negative: nowhere */
function occurs(bytes: Buffer, needle: Buffer, anywhere: boolean, from: number): boolean {
  if (from < 0) return false;
  for (let at = bytes.indexOf(needle, from); at >= 0; at = bytes.indexOf(needle, at + 1)) {
    if (anywhere || (!inName(bytes[at - 1], true) && !inName(bytes[at + needle.length], false))) return true;
  }
  return false;
}

/** True if a byte is part of a file name, or before the path also a slash. */
function inName(byte: number | undefined, before: boolean): boolean {
  if (byte === undefined) return false;
  const letter = String.fromCharCode(byte);
  return /[\w\-~+@%.]/.test(letter) || byte >= 0x80 || (before && letter === "/");
}
