// SPDX-License-Identifier: MIT OR Apache-2.0

/** One entry of what is sent to a builder, without whatever this machine says of it by chance. */
export type SentEntry = SentDirectory | SentFile | SentLink;

export interface SentDirectory {
  readonly kind: "directory";
  /** Relative to what is sent, with slashes; for all kinds. */
  readonly path: string;
}

export interface SentFile {
  readonly kind: "file";
  readonly path: string;
  readonly executable: boolean;
  /** Bytes. */
  readonly size: number;
  /** Absolute path on this machine. */
  readonly from: string;
  /** Hex sha256 of the content, where it must be just that; undefined if its place says what it is. */
  readonly digest: string | undefined;
}

export interface SentLink {
  readonly kind: "link";
  readonly path: string;
  readonly target: string;
}

/** Directories before what is in them, and names bytewise: the order that receivers insist on. */
export function inSentOrder<Entry extends SentEntry>(entries: Iterable<Entry>): readonly Entry[] {
  const keyed = [...entries].map((entry) => ({ entry, key: Buffer.from(entry.path.replaceAll("/", "\0")) }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry);
}
