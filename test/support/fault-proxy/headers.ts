// SPDX-License-Identifier: MIT OR Apache-2.0

/** What belongs to one connection: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const OF_CONNECTION = new Set(["connection", "keep-alive", "proxy-connection", "te", "upgrade"]);
/** Those in which a registry names URLs. */
const WITH_URLS = new Set(["location", "link"]);

type Pair = readonly [name: string, value: string];

function pairs(raw: readonly string[]): Pair[] {
  return raw.flatMap((name, index): Pair[] => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""]] : []));
}

/** What is sent to upstream. `Host` stays, since signatures cover it. */
export function forwardedHeaders(raw: readonly string[], dropped: readonly string[]): string[] {
  return pairs(raw)
    .filter(([name]) => !OF_CONNECTION.has(name.toLowerCase()) && !dropped.includes(name.toLowerCase()))
    .flat();
}

/** What is sent to the client, with upstream's URLs turned into ours. */
export function answeredHeaders(raw: readonly string[], upstream: readonly string[], ours: string): string[] {
  return pairs(raw)
    .filter(([name]) => !OF_CONNECTION.has(name.toLowerCase()))
    .flatMap(([name, value]) => [
      name,
      WITH_URLS.has(name.toLowerCase()) ? translate(value, upstream, ours) : value,
    ]);
}

function translate(value: string, upstream: readonly string[], ours: string): string {
  return upstream.reduce((text, origin) => text.replaceAll(`${origin}/`, `${ours}/`), value);
}

/** The first of a header's values. */
export function headerValue(raw: readonly string[], wanted: string): string | undefined {
  return pairs(raw).find(([name]) => name.toLowerCase() === wanted)?.[1];
}
