// SPDX-License-Identifier: MIT OR Apache-2.0

/** A whole number with its digits grouped by thousands: `100,000`. Not by locale: output is the same everywhere. */
export function formatCount(count: number): string {
  return Math.trunc(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 unit`, `1,204 units`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
