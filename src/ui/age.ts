// SPDX-License-Identifier: MIT OR Apache-2.0

/** Each unit is used until there are two of the next one, so that nothing rounds by half of itself. */
const UNITS = [
  { name: "s", seconds: 1, until: 120 },
  { name: "m", seconds: 60, until: 7200 },
  { name: "h", seconds: 3600, until: 2 * 86_400 },
  { name: "d", seconds: 86_400, until: 14 * 86_400 },
  { name: "w", seconds: 7 * 86_400, until: 2 * 365 * 86_400 },
] as const;

/** Milliseconds as an age: `12 s`, `2 h`, `9 d`, `30 w`, `3 y`. Rounded down; negative ones are `0 s`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const unit = UNITS.find(({ until }) => seconds < until) ?? { name: "y", seconds: 365 * 86_400 };
  return `${Math.floor(seconds / unit.seconds)} ${unit.name}`;
}

/** Milliseconds as the time that something took: `4 ms`, `0.18 s`, `3.4 s`, `49 s`, `2 m 05 s`, `1 h 02 m`. */
export function formatTook(ms: number): string {
  if (ms < 99.5) return `${Math.round(ms)} ms`;
  if (ms < 995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const [big, small, names] =
    seconds < 3600
      ? [Math.floor(seconds / 60), seconds % 60, ["m", "s"]]
      : [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), ["h", "m"]];
  return `${big} ${names[0]} ${String(small).padStart(2, "0")} ${names[1]}`;
}
