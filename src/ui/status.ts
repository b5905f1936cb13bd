// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Paint } from "./color.ts";
import { pad } from "./width.ts";

/** Cargo right-aligns its verbs in this many columns (cargo's `Shell::print`, cargo 1.95, src/cargo/core/shell.rs). */
const VERB_COLUMNS = 12;

/** A line that stands among Cargo's own: `       Green 48 units · 44 restored`. No line break at its end. */
export function statusLine(verb: string, text: string, paint: Paint): string {
  return `${paint(["bold", "green"], pad(verb, VERB_COLUMNS, "right"))} ${text}`;
}
