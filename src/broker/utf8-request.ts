// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ShimRequest } from "./protocol.ts";

/** A variable whose value is not UTF-8 keeps its bytes, marked so that no text equals it. */
const BYTES_MARK = "\0latin1:";

/**
 * The request with its bytes decoded as UTF-8, which is what file system calls and keys here work with.
 * Undefined if a path or argument is not UTF-8 or would be escaped in rustc's JSON: such a unit is run as it is.
 */
export function utf8Request(request: ShimRequest): ShimRequest | undefined {
  const cwd = decode(request.cwd);
  const argv = request.argv.map(decode);
  if (cwd === undefined || argv.includes(undefined)) return undefined;
  const env = new Map<string, string>();
  for (const [name, value] of request.env) {
    const decodedName = decode(name);
    if (decodedName !== undefined) env.set(decodedName, decode(value) ?? BYTES_MARK + value);
  }
  return { role: request.role, cwd, argv: argv.filter((arg) => arg !== undefined), env };
}

function decode(latin1: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what ASCII is
  if (/^[\x00-\x7f]*$/.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, "latin1");
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}
