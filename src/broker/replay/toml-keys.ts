// SPDX-License-Identifier: MIT OR Apache-2.0
import { scanToml } from "../../config/toml-scan.ts";

/** A key or a table's header, and what is written as its value. */
export interface TomlKey {
  readonly path: readonly string[];
  /** Empty for a header. */
  readonly value: string;
}

/**
 * All keys of a document, without a parser: enough to see that something is set. Of an invalid document, what comes
 * before the first thing that is not understood.
 */
export function keysOf(text: string): readonly TomlKey[] {
  return scanToml(text).map(({ path, valueStart, end }) => ({ path, value: text.slice(valueStart, end) }));
}

/** The strings in a value that have no escapes. */
export function wordsIn(value: string): readonly string[] {
  return [...value.matchAll(/"([^"\\\n]*)"|'([^'\n]*)'/g)].flatMap(
    ([, double, single]) => double ?? single ?? [],
  );
}
