// SPDX-License-Identifier: MIT OR Apache-2.0

/** Scheme, authority and path of a URL, as far as it has them: what may stand in errors and logs. */
const PARTS = /^([a-z][a-z0-9+.-]*:(?:\/\/)?)?([^?#]*)/i;

/** A URL, or what was meant to be one, without its credentials, query and fragment. */
export function redactUrl(text: string): string {
  const [, scheme = "", rest = ""] = PARTS.exec(text) ?? [];
  // A password may hold what ends an authority, if nobody encoded it: the last @ before the last part of the path.
  return `${scheme}${rest.slice(rest.lastIndexOf("@") + 1)}`;
}
