// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../src/error.ts";

/** What makes no sense somewhere. */
export interface UnfitFlags {
  /** As in `a remote`. */
  readonly where: string;
  /** What to do instead of giving a flag, by its name without dashes. */
  readonly hints: Readonly<Record<string, string>>;
  /** What cannot be sorted by. */
  readonly orders: readonly string[];
}

/** The error for a flag, as it is written, that makes no sense somewhere. */
export function unfitFlag(flag: string, where: string, hint: string): GreenError {
  return new GreenError("usage", `${flag} does not go with ${where}`, { hint });
}

/** Refuses flags that were given and make no sense. Throws GreenError "usage". */
export function refuseUnfitFlags(flags: object, { where, hints, orders }: UnfitFlags): void {
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || value === false) continue;
    const hint = hints[name];
    if (hint !== undefined) throw unfitFlag(`--${name}`, where, hint);
    if (name === "sort" && orders.includes(value)) {
      throw unfitFlag(`--sort ${value}`, where, "sort by crate, size or created");
    }
  }
}
