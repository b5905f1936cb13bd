// SPDX-License-Identifier: MIT OR Apache-2.0

/** `text` as one word of a POSIX shell; as it is where nothing in it is special. */
export function quoteForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
