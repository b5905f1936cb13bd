// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * JSON whose whole numbers are exact, because a u64 does not fit a JavaScript number: each is a string that begins
 * with `MARK`. So JSON.parse and JSON.stringify do the work; a reviver would take forty times as long.
 */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** No text of Cargo's begins with it; if one does, the text is not read. */
const MARK = "\u0001";
const DIGITS = /^\d+$/;
const QUOTED_NUMBER = '"\\u0001$&"';

/** Numbers, and such as stand in a text like `a,12,b`: then what comes out is no JSON. */
const NUMBER = /(?<=[:[,])(?:0|[1-9]\d*)(?=[,\]}])/g;
const NUMBER_OR_TEXT = /"(?:[^"\\]|\\.)*"|(?<=[:[,])(?:0|[1-9]\d*)(?=[,\]}])/g;
const MARKED_NUMBER = /"\\u0001(\d+)"/g;

/**
 * Reads what serde_json wrote in its compact form, so that `writeExactJson` gives the same text again.
 * Undefined for what is not JSON, and for JSON that would be written in another way (blanks, a key twice).
 */
export function parseExactJson(text: string): Json | undefined {
  return (
    parseQuoted(text.replace(NUMBER, QUOTED_NUMBER), text) ??
    parseQuoted(text.replace(NUMBER_OR_TEXT, quoteNumber), text)
  );
}

function quoteNumber(token: string): string {
  return token.startsWith('"') ? token : `"\\u0001${token}"`;
}

function parseQuoted(quoted: string, text: string): Json | undefined {
  try {
    const json = JSON.parse(quoted) as Json;
    return writeExactJson(json) === text ? json : undefined;
  } catch {
    return undefined;
  }
}

/** The compact form; serde_json and JSON.stringify escape strings alike. */
export function writeExactJson(json: Json): string {
  return JSON.stringify(json).replace(MARKED_NUMBER, "$1");
}

export function u64ToJson(value: bigint): Json {
  return `${MARK}${value}`;
}

/** Undefined for all but a number that is a u64. */
export function u64FromJson(json: Json | undefined): bigint | undefined {
  if (typeof json !== "string" || !json.startsWith(MARK)) return undefined;
  const digits = json.slice(MARK.length);
  if (!DIGITS.test(digits)) return undefined;
  const value = BigInt(digits);
  return BigInt.asUintN(64, value) === value ? value : undefined;
}

export function isText(json: Json | undefined): json is string {
  return typeof json === "string" && !json.startsWith(MARK);
}

export function isTexts(json: Json | undefined): json is readonly string[] {
  return isArray(json) && json.every(isText);
}

/** `Array.isArray`, which does not know readonly arrays. */
export function isArray(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !isArray(json);
}
