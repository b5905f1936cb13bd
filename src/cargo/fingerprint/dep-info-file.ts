// SPDX-License-Identifier: MIT OR Apache-2.0
import { ByteReader, ByteWriter } from "./byte-codec.ts";
import type { Reroot } from "./reroot.ts";

/**
 * What Cargo keeps of rustc's dep-info, in `dep-<kind>-<name>` beside the fingerprint: the files whose change makes
 * the unit stale and the variables that its compilation looked at. Sources of registry and git packages are left out,
 * and variables that Cargo or a build script sets.
 */
export interface DepInfoFile {
  /** True for the form without checksums, which older Cargos read and write. */
  readonly isOld: boolean;
  /** In no order. */
  readonly files: readonly TrackedFile[];
  /** No value: it was not set. */
  readonly env: readonly { readonly name: string; readonly value: string | undefined }[];
}

export interface TrackedFile {
  /** What `path` is relative to: the package, or the build directory. Absolute paths say `build`, and lie outside both. */
  readonly base: "package" | "build";
  readonly path: string;
  /** With `-Zchecksum-freshness`: the file's size in bytes, and `blake3=…` or `sha256=…`. */
  readonly checksum: { readonly size: bigint; readonly digest: string } | undefined;
}

/** Looks to older Cargos like one file with an impossible base. */
const MARKER = 1;
const MARKER_BASE = 0xff;
const VERSION = 1;
const BASES = ["package", "build"] as const;

/**
 * Reads the format of `EncodedDepInfo` (Cargo 1.95 and 1.97, `core/compiler/fingerprint/dep_info.rs`; the old form as
 * Cargo 1.65 has it, in `core/compiler/fingerprint.rs`): numbers little-endian, lengths before texts as u32.
 * Undefined for any other; what is read can be written again byte for byte.
 */
export function parseDepInfoFile(bytes: Uint8Array): DepInfoFile | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u32() !== MARKER || reader.u8() !== MARKER_BASE) return parse(new ByteReader(bytes), true);
  return reader.u8() === VERSION ? parse(reader, false) : undefined;
}

function parse(reader: ByteReader, isOld: boolean): DepInfoFile | undefined {
  const files = reader.list(() => {
    const base = BASES[reader.u8() ?? BASES.length];
    const path = reader.text();
    const checksum = isOld
      ? undefined
      : reader.option(() => ({ size: reader.u64() ?? 0n, digest: reader.text() ?? "" }));
    return base === undefined || path === undefined ? undefined : { base, path, checksum };
  });
  const env = reader.list(() => {
    const name = reader.text();
    const value = reader.option(() => reader.text());
    return name === undefined ? undefined : { name, value };
  });
  return reader.isAtEnd() && files !== undefined && env !== undefined ? { isOld, files, env } : undefined;
}

/** The inverse of `parseDepInfoFile`. */
export function writeDepInfoFile({ isOld, files, env }: DepInfoFile): Uint8Array {
  const writer = new ByteWriter();
  if (!isOld) writer.u32(MARKER).u8(MARKER_BASE).u8(VERSION);
  writer.u32(files.length);
  for (const { base, path, checksum } of files) {
    writer.u8(BASES.indexOf(base)).text(path);
    if (!isOld) writer.u8(checksum === undefined ? 0 : 1);
    if (checksum !== undefined) writer.u64(checksum.size).text(checksum.digest);
  }
  writer.u32(env.length);
  for (const { name, value } of env) {
    writer.text(name).u8(value === undefined ? 0 : 1);
    if (value !== undefined) writer.text(value);
  }
  return writer.finish();
}

/**
 * Puts the new places where absolute paths are: Cargo watches what the file says, in the old checkout if need be.
 * `noPlace` is the first path without a new place.
 */
export function rerootDepInfoFile(
  { isOld, files, env }: DepInfoFile,
  reroot: Reroot,
): { readonly ok: true; readonly depInfo: DepInfoFile } | { readonly ok: false; readonly noPlace: string } {
  const moved: TrackedFile[] = [];
  for (const file of files) {
    const path = isAbsolute(file) ? reroot.path(file.path) : file.path;
    if (path === undefined) return { ok: false, noPlace: file.path };
    moved.push({ ...file, path });
  }
  const values = env.map(({ name, value }) => ({
    name,
    value: value === undefined ? undefined : (reroot.value?.(value, name) ?? value),
  }));
  return { ok: true, depInfo: { isOld, files: moved, env: values } };
}

/** True of files outside the package and the build directory: a sysroot's, a sibling's, an `include!`. */
export function isAbsolute({ path }: TrackedFile): boolean {
  return path.startsWith("/");
}
