// SPDX-License-Identifier: MIT OR Apache-2.0

/** The arguments of Cargo on both sides of its subcommand. */
export interface ArgumentPlaces {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * Adds options behind all others, so that they win. Cargo reads `--config` and `-Z` after the subcommand alone if
 * there are some at both places, so each goes where the user's are.
 */
export function placeOptions(
  { before, after }: ArgumentPlaces,
  option: "--config" | "-Z",
  values: readonly string[],
): ArgumentPlaces {
  const ours = values.flatMap((value) => [option, value]);
  return after.some((arg) => arg.startsWith(option))
    ? { before, after: [...after, ...ours] }
    : { before: [...before, ...ours], after };
}

/** A setting for `--config`, as TOML has it. */
export function setting(key: string, value: string): string {
  return `${key}=${JSON.stringify(value)}`;
}
