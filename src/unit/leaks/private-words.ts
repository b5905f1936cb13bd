// SPDX-License-Identifier: MIT OR Apache-2.0
import { looksSecret } from "../../cargo/env-policy.ts";
import { isSharedPlace } from "../../cargo/shared-place.ts";
import { type Digest, digestOf } from "../digest.ts";
import { isCommonName } from "./common-names.ts";

/** What must not leave this machine, as the one who asks knows it. All may be empty. */
export interface PrivateFacts {
  /** Home directories: as HOME has it, and where that really is. */
  readonly homes: readonly string[];
  readonly userNames: readonly string[];
  readonly hostNames: readonly string[];
  /** Other places: `{ what: "path of the workspace", path }`. Those that every machine has do not count. */
  readonly places: readonly { readonly what: string; readonly path: string }[];
  /** Variables and their values; see `secretsIn`. */
  readonly secrets: readonly { readonly name: string; readonly value: string }[];
}

/** How a word is to be recognised. */
export type WordForm =
  | "path" // with whatever may follow it
  | "top" // a path of one component, or a home that many have: between boundaries
  | "name" // of an account or a machine, anywhere
  | "short-name" // the same, between boundaries
  | "secret"; // anywhere, in base64 too

/** One word to look for. */
export interface PrivateWord {
  /** What it is, after "contains the": `home directory`, `value of API_TOKEN`. Never the word. */
  readonly what: string;
  readonly text: string;
  readonly form: WordForm;
}

/** The words to look for; of several that are found, the first is named. */
export interface PrivateWords {
  readonly words: readonly PrivateWord[];
  /** Changes with what is looked for and how: results of a search hold for one digest. It does not give the words away by itself, but is not to be shared. */
  readonly digest: Digest;
}

/** Goes up when the search finds more than before. */
const SEARCH_VERSION = 1;
const SHORTEST_SECRET = 8;
const SHORTEST_USER = 3;
const SHORTEST_HOST = 4;
/** Names below this length stand in other words by chance. */
const SHORTEST_ANYWHERE = 5;
const SHORTEST_PATH = 4;
/** Lines of a longer secret that are looked for by themselves. */
const SHORTEST_LINE = 20;
/** Where remapping puts everybody's CARGO_HOME and target directory. */
const NEUTRAL = new Set(["/usr/local/cargo", "/target"]);

/** The values worth hiding of variables whose name says so. */
export function secretsIn(env: ReadonlyMap<string, string>): PrivateFacts["secrets"] {
  return [...env]
    .filter(([name, value]) => looksSecret(name) && value.trim().length >= SHORTEST_SECRET)
    .map(([name, value]) => ({ name, value }));
}

/** Decides what to look for, and how. */
export function privateWords(facts: PrivateFacts): PrivateWords {
  const words = [
    ...facts.homes.flatMap((path) => pathWord("home directory", path)),
    ...facts.userNames.flatMap(userWords),
    ...facts.hostNames.flatMap(hostWords),
    ...facts.places.flatMap(({ what, path }) =>
      isSharedPlace(path) || NEUTRAL.has(path) ? [] : pathWord(what, path),
    ),
    ...facts.secrets.flatMap(secretWords),
  ];
  const kept = [...new Map(words.map((word) => [`${word.form}\0${word.text}`, word])).values()].filter(
    (word) => !words.some((other) => covers(other, word)),
  );
  const sorted = kept.map(({ what, text, form }) => JSON.stringify([what, text, form])).sort();
  return { words: kept, digest: digestOf(JSON.stringify([SEARCH_VERSION, sorted])) };
}

/** True if who finds `word` has found `other` already. */
function covers(other: PrivateWord, word: PrivateWord): boolean {
  if (other.form !== "path" || word.form === "secret" || word.form === "name") return false;
  return word.text !== other.text && word.text.startsWith(`${other.text}/`);
}

function pathWord(what: string, path: string): readonly PrivateWord[] {
  const text = path.replace(/(?<=.)[/\\]+$/, "");
  if (text.length < SHORTEST_PATH) return [];
  const isDistinctive = /[/\\]/.test(text.slice(text.search(/[/\\]/) + 1));
  return [{ what, text, form: isDistinctive ? "path" : "top" }];
}

function userWords(name: string): readonly PrivateWord[] {
  if (name.length < SHORTEST_USER) return [];
  const what = "user name";
  const homes = [`/home/${name}`, `/Users/${name}`, `\\Users\\${name}`];
  const inPath = homes.map((text): PrivateWord => ({ what, text, form: "top" }));
  return isCommonName(name) ? inPath : [...inPath, { what, text: name, form: nameForm(name) }];
}

function hostWords(name: string): readonly PrivateWord[] {
  return [...new Set([name, name.split(".")[0] ?? ""])]
    .filter((text) => text.length >= SHORTEST_HOST && !isCommonName(text))
    .map((text) => ({ what: "host name", text, form: nameForm(text) }));
}

function nameForm(name: string): WordForm {
  return name.length < SHORTEST_ANYWHERE ? "short-name" : "name";
}

/** Keys of several lines are looked for by the line: each file wraps them in its own way. */
function secretWords({ name, value }: PrivateFacts["secrets"][number]): readonly PrivateWord[] {
  const whole = value.trim();
  const lines = whole.split(/\r?\n/).map((line) => line.trim());
  const long = lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith("-----"));
  return [whole, ...(lines.length > 1 ? long : [])]
    .filter((text) => text.length >= SHORTEST_SECRET)
    .map((text) => ({ what: `value of ${name}`, text, form: "secret" }));
}
