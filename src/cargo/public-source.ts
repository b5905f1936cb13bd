// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * True if a source, written as in Cargo.lock (`sparse+https://…`, `git+https://…?branch=…#<commit>`), is one of these
 * URLs. Only the very same place counts, not one below it: who hosts public repositories hosts private ones too.
 * A URL with a user's name or password, or of this machine alone (`file:`), is no public one whatever is listed.
 */
export function isListedSource(source: string, listed: readonly string[]): boolean {
  const wanted = placeOf(source);
  return wanted !== undefined && listed.some((url) => placeOf(url) === wanted);
}

const PUBLIC_SCHEMES = new Set(["https:", "http:", "git:", "ssh:"]);

/** Scheme, host, port and path, as far as they tell repositories apart; undefined if nobody else may use it. */
function placeOf(text: string): string | undefined {
  const url = URL.parse(text.trim().replace(/^(registry|sparse|git)\+/i, ""));
  if (url === null || !PUBLIC_SCHEMES.has(url.protocol) || url.host === "") return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  // Schemes that are not the web's keep a host's letters as they were typed.
  const path = url.pathname
    .replace(/\/+$/, "")
    .replace(/\.git$/i, "")
    .replace(/\/+$/, "");
  return `${url.protocol}//${url.host.toLowerCase()}${path}`;
}
