// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";

/** Decimal units are powers of 1000 and binary ones of 1024, as IEC 80000-13 has them. A bare letter is decimal. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  tib: 2 ** 40,
};

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  m: 60 * SECOND,
  h: 3600 * SECOND,
  d: DAY,
  w: 7 * DAY,
  y: 365 * DAY,
};

const QUANTITY = /^(\d{1,15}(?:\.\d{1,9})?)\s?([a-z]*)$/i;

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit] = QUANTITY.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const name = unit.toLowerCase();
  const factor = Object.hasOwn(units, name) ? units[name] : undefined;
  if (factor === undefined) return undefined;
  const value = Math.round(Number(number) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Bytes of `10MB`, `1.5GiB`, `512`; case does not matter.
 * @param what names the flag or variable in the error
 * @throws GreenError "usage"
 */
export function parseSize(text: string, what: string): number {
  const bytes = parseQuantity(text, SIZE_UNITS);
  if (bytes === undefined) {
    throw new GreenError("usage", `${what}: "${text}" is not a size`, {
      hint: "write a number and a unit, like 500kB, 10MB or 1.5GiB",
    });
  }
  return bytes;
}

/**
 * Milliseconds of `7d`, `2h`, `30m`, `90s`, `500ms`, `2w`, `1y`; the unit is required.
 * @param what names the flag or variable in the error
 * @throws GreenError "usage"
 */
export function parseDuration(text: string, what: string): number {
  const ms = parseQuantity(text, DURATION_UNITS);
  if (ms === undefined) {
    throw new GreenError("usage", `${what}: "${text}" is not a length of time`, {
      hint: "write a number and a unit, like 30m, 2h, 7d or 4w",
    });
  }
  return ms;
}
