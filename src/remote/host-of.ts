// SPDX-License-Identifier: MIT OR Apache-2.0

/** The host of a URL as connections and certificates know it: an IPv6 address without brackets. */
export function hostOf({ hostname }: Pick<URL, "hostname">): string {
  return hostname.replace(/^\[|\]$/g, "");
}
