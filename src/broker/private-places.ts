// SPDX-License-Identifier: MIT OR Apache-2.0
import { isSharedPlace } from "../cargo/shared-place.ts";
import type { Inputs } from "../unit/record.ts";
import { pathsIn } from "./confinement.ts";

/** Of the places that stand as placeholders, those that are everybody's whatever they are called here. */
const SHARED_ROOT =
  /^@@green:(OUT_DIR|TARGET|SYSROOT)@@(\/|$)|^@@green:CARGO_HOME@@(\/(registry\/src|git\/checkouts)(\/|$)|\/?$)|^@@green:HOME@@\/\.rustup(\/|$)/;
const PLACEHOLDERS = /@@green:[A-Z_]+@@[^\s:;,'"]*/g;
/** Labels that end with a path. */
const PATH_LABEL = /^(?:file|contents of|native directory|.* file) (.+)$/s;

/** True for a path, with placeholders, that says nothing of this user. */
export function isEverybodys(path: string): boolean {
  if (/(^|\/)\.\.(\/|$)/.test(path)) return false;
  return path.startsWith("@@green:") ? SHARED_ROOT.test(path) : isSharedPlace(path);
}

/** Which input names a place that only this user has, as the reason that the unit is private; undefined if none does. */
export function privatePlace(inputs: Inputs): string | undefined {
  for (const [label, value] of Object.entries(inputs)) {
    const named = PATH_LABEL.exec(label)?.[1];
    if (named !== undefined && !isEverybodys(named)) return `read a file of your own (${named})`;
    // What a manifest says of its package is as public as the package; it names places on the web.
    if (!label.startsWith("env ") || label.startsWith("env CARGO_PKG_") || !value.startsWith("=")) continue;
    const words = value.slice(1).split("\x1f"); // CARGO_ENCODED_RUSTFLAGS
    const places = words.flatMap((word) => [...pathsIn(word), ...(word.match(PLACEHOLDERS) ?? [])]);
    if (!places.every(isEverybodys)) return `${label.slice("env ".length)} names a place of your own`;
  }
  return undefined;
}
