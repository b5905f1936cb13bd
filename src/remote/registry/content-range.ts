// SPDX-License-Identifier: MIT OR Apache-2.0

/** What part of something an answer is. Bytes. */
export interface ContentRange {
  readonly start: number;
  /** Of the whole; undefined if the server does not know. */
  readonly size: number | undefined;
}

/** RFC 9110, section 14.4: `bytes 0-99/1000`; undefined for what is not that. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const match = /^bytes\s+([0-9]{1,15})-([0-9]{1,15})\/([0-9]{1,15}|\*)$/i.exec(header?.trim() ?? "");
  if (match === null) return undefined;
  const [, first, last, size] = match;
  if (Number(last) < Number(first)) return undefined;
  return { start: Number(first), size: size === "*" ? undefined : Number(size) };
}

/**
 * How many bytes of an upload a registry has, from its Range header: `0-99`, without a unit
 * (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks). `0-0` is what
 * registries say of an empty upload; no chunk of ours is one byte long. Undefined: it does not say.
 */
export function parseUploadRange(header: string | undefined): number | undefined {
  const match = /^(?:bytes\s*=?\s*)?0-([0-9]{1,15})$/i.exec(header?.trim() ?? "");
  if (match === null) return undefined;
  const last = Number(match[1]);
  return last === 0 ? 0 : last + 1;
}
