// SPDX-License-Identifier: MIT OR Apache-2.0

/** JSON with whole numbers only, each exact: a u64 does not fit a JavaScript number. */
export type Json = string | boolean | null | bigint | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

const WHOLE = /^(?:0|-?[1-9]\d*)$/;

/**
 * Reads what serde_json wrote in its compact form, so that `writeExactJson` gives the same text again.
 * Undefined for what is not JSON, and for JSON that would be written in another way (blanks, fractions, a key twice).
 */
export function parseExactJson(text: string): Json | undefined {
  try {
    const json = JSON.parse(text, exactNumber) as Json;
    return writeExactJson(json) === text ? json : undefined;
  } catch {
    return undefined;
  }
}

function exactNumber(_key: string, value: unknown, context?: { readonly source: string }): unknown {
  if (typeof value !== "number") return value;
  if (context === undefined || !WHOLE.test(context.source)) throw new SyntaxError("Not a whole number");
  return BigInt(context.source);
}

/** The compact form; serde_json and JSON.stringify escape strings alike. */
export function writeExactJson(json: Json): string {
  if (typeof json === "bigint") return json.toString();
  if (json === null || typeof json !== "object") return JSON.stringify(json);
  if (isArray(json)) return `[${json.map(writeExactJson).join(",")}]`;
  const fields = Object.entries(json).map(
    ([key, value]) => `${JSON.stringify(key)}:${writeExactJson(value)}`,
  );
  return `{${fields.join(",")}}`;
}

/** `Array.isArray`, which does not know readonly arrays. */
export function isArray(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !isArray(json);
}

export function isStrings(json: Json | undefined): json is readonly string[] {
  return isArray(json) && json.every((each) => typeof each === "string");
}
