// SPDX-License-Identifier: MIT OR Apache-2.0
import { join, resolve } from "node:path";
import { parseAddress } from "../remote/address.ts";
import { nearestName } from "./nearest.ts";
import { parseDuration, parseSize } from "./quantity.ts";

/** Where a value was written, as far as that changes its meaning. */
export interface Place {
  /** Relative paths count from here. */
  readonly directory: string;
  /** What `~` stands for in files. */
  readonly home: string | undefined;
}

/** What a kind of value looks like: in variables and flags as text, in files as TOML. */
export interface Kind<T> {
  /** Completes "… is not". */
  readonly wanted: string;
  /** The same for files, where that is another thing. */
  readonly wantedInFiles?: string;
  /** Undefined if `text` is no such value. */
  fromText(text: string, place: Place): T | undefined;
  /** Undefined if `value`, as smol-toml gives it, is no such value; a GreenError where there is more to say. */
  fromToml(value: unknown, place: Place): T | undefined;
  /** What `fromText` gives the same value for. */
  toText(value: T): string;
  /** All values, where there are only some. */
  readonly words?: readonly string[];
}

/** The value that somebody who wrote `text` probably meant; undefined where anything might be. */
export function nearestValue({ words }: Kind<unknown>, text: unknown): string | undefined {
  return words === undefined || typeof text !== "string" ? undefined : nearestName(text, words);
}

const SWITCHES: Readonly<Record<string, boolean>> = {
  ...{ "1": true, true: true, yes: true, on: true },
  ...{ "0": false, false: false, no: false, off: false },
};

/** Yes or no. */
export const switchKind: Kind<boolean> = {
  wanted: "1, true, yes, on or 0, false, no, off",
  wantedInFiles: "true or false",
  fromText: (text) => lookUp(SWITCHES, text.toLowerCase()),
  fromToml: (value) => (typeof value === "boolean" ? value : undefined),
  toText: (value) => (value ? "1" : "0"),
};

/** One word of several, in any case; `aliases` are other names that are understood. */
export function choiceKind<T extends string>(
  words: readonly T[],
  aliases: Readonly<Record<string, T>> = {},
): Kind<T> {
  const find = (text: string) =>
    words.find((word) => word === text.toLowerCase()) ?? lookUp(aliases, text.toLowerCase());
  return {
    wanted: `one of ${words.join(", ")}`,
    fromText: find,
    fromToml: (value) => (typeof value === "string" ? find(value) : undefined),
    toText: (value) => value,
    words,
  };
}

/** Any text but the empty one. */
export const textKind: Kind<string> = {
  wanted: "a text",
  fromText: (text) => text,
  fromToml: (value) => (typeof value === "string" && value !== "" ? value : undefined),
  toText: (value) => value,
};

/** A path; `~/` is the user's home. */
export const pathKind: Kind<string> = {
  wanted: "a path",
  fromText: (text, { directory }) => resolve(directory, text),
  fromToml(value, { directory, home }) {
    if (typeof value !== "string" || value === "") return undefined;
    if (!value.startsWith("~/")) return resolve(directory, value);
    return home === undefined ? undefined : join(home, value.slice(2));
  },
  toText: (value) => value,
};

/** Node's recursive mkdir never ends below /proc (Node 24.21), and nothing can be kept there anyway. */
const KERNEL_DIRECTORY = /^\/proc(\/|$)/;

/** Where files can be made, as far as the path tells. */
export const writablePathKind: Kind<string> = {
  ...pathKind,
  wanted: "a directory that files can be kept in",
  fromText: (text, where) => notKernels(pathKind.fromText(text, where)),
  fromToml: (value, where) => notKernels(pathKind.fromToml(value, where)),
};

function notKernels(path: string | undefined): string | undefined {
  return path === undefined || KERNEL_DIRECTORY.test(path) ? undefined : path;
}

/** The address of a remote, in its canonical form; throws GreenError "usage", which says what is wrong with it. */
export const remoteUrlKind: Kind<string> = {
  wanted: "an address like oci://host/name, s3://bucket/prefix or oci-layout:DIRECTORY",
  fromText: (text, place) => parseAddress(text, place).url,
  fromToml: (value, place) => (typeof value === "string" ? parseAddress(value, place).url : undefined),
  toText: (value) => value,
};

/** A scheme and something; what it means is found out when the builder is used. */
const BUILDER_URL = /^[a-z][a-z-]*:\/\/./;

/** The address of a builder. */
export const builderUrlKind: Kind<string> = {
  ...textKind,
  wanted: "an address like unix://PATH, tcp://HOST:PORT, ssh://USER@HOST or docker-container://NAME",
  fromText: (text) => (BUILDER_URL.test(text) ? text : undefined),
  fromToml: (value) => (typeof value === "string" && BUILDER_URL.test(value) ? value : undefined),
};

/** Several texts; as text separated by commas or spaces. A file may have one text instead of an array. */
export const listKind: Kind<readonly string[]> = {
  wanted: "a list of texts",
  fromText: (text) => text.split(/[\s,]+/).filter((each) => each !== ""),
  fromToml(value) {
    if (typeof value === "string") return value === "" ? undefined : [value];
    const texts = Array.isArray(value) ? value : undefined;
    return texts?.every((each): each is string => typeof each === "string" && each !== "")
      ? [...texts]
      : undefined;
  },
  toText: (value) => value.join(","),
};

/** A list of what has commas in it, as options of docker do: in a variable they are separated by blanks. */
export const optionsKind: Kind<readonly string[]> = {
  ...listKind,
  fromText: (text) => text.split(/\s+/).filter((each) => each !== ""),
  toText: (value) => value.join(" "),
};

/** What `with-network` was before it was a list of packages: for all, or for none. */
const NETWORK_WORDS: Readonly<Record<string, readonly string[]>> = { none: [], default: ["*"], host: ["*"] };

/** Names of packages, or `*` for all. */
export const packagesKind: Kind<readonly string[]> = {
  ...listKind,
  wanted: 'a list of package names, or "*"',
  fromText: (text, place) => lookUp(NETWORK_WORDS, text) ?? listKind.fromText(text, place),
  fromToml: (value, place) =>
    (typeof value === "string" ? lookUp(NETWORK_WORDS, value) : undefined) ?? listKind.fromToml(value, place),
};

/** Bytes; a number without a unit is bytes. */
export const sizeKind: Kind<number> = {
  wanted: "a size like 500MB or 10GB",
  fromText: (text) => orUndefined(() => parseSize(text, "size")),
  fromToml: (value) => (isCount(value) ? value : fromTomlText(value, (text) => parseSize(text, "size"))),
  toText: (value) => `${value}B`,
};

/** Milliseconds; the unit is required. */
export const durationKind: Kind<number> = {
  wanted: "a length of time like 30s or 5m",
  fromText: (text) => orUndefined(() => parseDuration(text, "duration")),
  fromToml: (value) => fromTomlText(value, (text) => parseDuration(text, "duration")),
  toText: (value) => (value % 1000 === 0 ? `${value / 1000}s` : `${value}ms`),
};

/** For settings that may be without a value: as text, that is nothing. */
export function optional<T>(kind: Kind<T>): Kind<T | undefined> {
  return { ...kind, toText: (value) => (value === undefined ? "" : kind.toText(value)) };
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function fromTomlText<T>(value: unknown, parse: (text: string) => T): T | undefined {
  return typeof value === "string" ? orUndefined(() => parse(value)) : undefined;
}

function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
