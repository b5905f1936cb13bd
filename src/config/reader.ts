// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync, statSync } from "node:fs";
import { GreenError } from "../error.ts";
import { scanToml, type TomlEntry } from "./toml-scan.ts";

/** A TOML file that was read. */
export interface TomlDocument {
  readonly path: string;
  readonly root: Readonly<Record<string, unknown>>;
  readonly entries: readonly TomlEntry[];
}

interface Kept {
  readonly stamp: string;
  readonly text: string;
  document?: Promise<TomlDocument>;
}

/**
 * Reads configuration files, and remembers them as long as they are the same by inode, size and times: a broker that
 * answers for many builds asks again for each request. The TOML parser is loaded for the first file that needs it.
 */
export class ConfigReader {
  readonly #kept = new Map<string, Kept>();

  /**
   * Undefined if there is no such file.
   * @throws GreenError "config" if it is there and cannot be read
   */
  text(path: string): string | undefined {
    return this.#read(path)?.text;
  }

  /**
   * Undefined if there is no such file.
   * @throws GreenError "config" with file and line if it is no TOML
   */
  async document(path: string): Promise<TomlDocument | undefined> {
    const kept = this.#read(path);
    if (kept === undefined) return undefined;
    kept.document ??= parseDocument(path, kept.text);
    return kept.document;
  }

  #read(path: string): Kept | undefined {
    const stat = statOf(path);
    if (stat === undefined || !stat.isFile()) return undefined;
    const stamp = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(" ");
    const known = this.#kept.get(path);
    if (known?.stamp === stamp) return known;
    const kept = { stamp, text: readText(path) };
    this.#kept.set(path, kept);
    return kept;
  }
}

function statOf(path: string) {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOTDIR") return undefined;
    throw unreadable(path, thrown);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, thrown: unknown): GreenError {
  return new GreenError("config", `"${path}" cannot be read: ${GreenError.from(thrown).message}`, {
    cause: thrown,
    hint: "make it readable, or remove it",
  });
}

/**
 * Parses a TOML text.
 * @throws GreenError "config" with path and line
 */
export async function parseDocument(path: string, text: string): Promise<TomlDocument> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    const root = parse(text.replace(/^\uFEFF/, ""), {
      integersAsBigInt: "asNeeded",
      unsafeKeyBehaviour: "drop",
    });
    return { path, root, entries: scanToml(text) };
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const [reason = ""] = thrown.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw new GreenError("config", `${path}:${thrown.line}: this is not TOML: ${reason}`, {
      hint: "mend that line",
    });
  }
}

/** The line of a key of a document: of the key itself, else of the first that lies below it. */
export function lineOf(document: TomlDocument, path: readonly string[]): number {
  const below = document.entries.filter((entry) => path.every((part, at) => entry.path[at] === part));
  return (below.find((entry) => entry.path.length === path.length) ?? below[0])?.line ?? 1;
}
