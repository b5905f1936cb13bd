// SPDX-License-Identifier: MIT OR Apache-2.0
import { printable } from "./width.ts";

/** A line for each selector that selects nothing. `near`: the crate that was probably meant. */
export function formatUnmatched(
  selectors: readonly string[],
  near: (selector: string) => string | undefined,
): string {
  return selectors
    .map((selector) => {
      const name = near(selector);
      const hint = name === undefined ? "" : `; did you mean ${printable(name)}?`;
      return `nothing in the cache matches "${printable(selector)}"${hint}\n`;
    })
    .join("");
}
