// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * What a build shows, by name: `exit status`, `line NAME` of the program, `warning NAME` of the compiler, `afterwards`
 * for what plain cargo then has to do. Paths below the sandbox begin with `@root`.
 */
export type Facts = Readonly<Record<string, string>>;

export interface Difference {
  readonly fact: string;
  readonly expected: string;
  readonly got: string;
}

/** In what a build is not as expected. One that failed shows nothing but that. */
export function differences(got: Facts, expected: Facts): readonly Difference[] {
  const failed = got["exit status"] !== "0";
  const names = failed ? ["exit status"] : new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...names]
    .filter((fact) => got[fact] !== expected[fact])
    .map((fact) => ({ fact, expected: expected[fact] ?? "(none)", got: got[fact] ?? "(none)" }));
}

/** What is left of differences where plain cargo, with the same past, does not show the very same. */
export function unexcused(found: readonly Difference[], plain: Facts): readonly Difference[] {
  return found.filter(({ fact, got }) => (plain[fact] ?? "(none)") !== got);
}
