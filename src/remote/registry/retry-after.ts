// SPDX-License-Identifier: MIT OR Apache-2.0

/** IMF-fixdate and the two obsolete forms all begin with a day's name: RFC 9110, section 5.6.7. */
const DATE = /^(?:mon|tue|wed|thu|fri|sat|sun)/i;

/**
 * Milliseconds that a Retry-After header asks to wait (RFC 9110, section 10.2.3: seconds or a date), at least 0 and at
 * most `most`; undefined if it says nothing that makes sense. `now` is in milliseconds since 1970.
 */
export function retryAfterMs(header: string | undefined, most: number, now: number): number | undefined {
  const text = header?.trim() ?? "";
  const date = DATE.test(text) ? Date.parse(text) - now : Number.NaN;
  const wait = /^[0-9]+$/.test(text) ? Number(text) * 1000 : date;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), most);
}
