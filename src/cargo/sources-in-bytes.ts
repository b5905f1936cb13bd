// SPDX-License-Identifier: MIT OR Apache-2.0

/** Where Cargo unpacks packages that cannot change, two directories deep below CARGO_HOME. */
const UNPACKED = ["registry/src", "git/checkouts"] as const;
/** `<registry>/` or `<repository>-<hash>/`; none that leads elsewhere. */
const OUTER = /^\/(?!\.)([\w.+~%-]{1,255})\//;
/** A directory's name, and whatever constant lies behind it. */
const INNER = /^[\w.+~-]{1,255}/;
/** The longest that both can be, with their slashes. */
const LONGEST = 2 * 255 + 2;

/** A place below CARGO_HOME that some bytes name. */
export interface NamedPlace {
  /** Directory with the packages of one registry, or the checkouts of one repository: below CARGO_HOME. */
  readonly directory: string;
  /** Begins with the name of the package's directory in it: constants lie back to back. */
  readonly text: string;
}

/**
 * Which unpacked packages does this code name by their path, as `env!("CARGO_MANIFEST_DIR")` leaves it?
 * @param home CARGO_HOME, absolute
 */
export function sourcesInBytes(bytes: Buffer, home: string): readonly NamedPlace[] {
  const found = new Map<string, NamedPlace>();
  for (const place of UNPACKED) {
    const start = Buffer.from(`${home}/${place}`, "utf8");
    for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) {
      const rest = bytes.toString("latin1", at + start.length, at + start.length + LONGEST);
      const outer = OUTER.exec(rest);
      const text = outer === null ? undefined : INNER.exec(rest.slice(outer[0].length))?.[0];
      if (text === undefined) continue;
      const directory = `${place}/${outer?.[1]}`;
      found.set(`${directory}/${text}`, { directory, text });
    }
  }
  return [...found.values()];
}
