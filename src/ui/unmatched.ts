// SPDX-License-Identifier: MIT OR Apache-2.0
import { printable } from "./width.ts";

/** A line for each selector that selects nothing. `near`: the crate that was probably meant; `where` it is not. */
export function formatUnmatched(
  selectors: readonly string[],
  near: (selector: string) => string | undefined,
  where = "the cache",
): string {
  return selectors
    .map((selector) => {
      const name = near(selector);
      const hint = name === undefined ? "" : `; did you mean ${printable(name)}?`;
      return `nothing in ${printable(where)} matches "${printable(selector)}"${hint}\n`;
    })
    .join("");
}
