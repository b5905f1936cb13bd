// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmod, mkdir, open, symlink } from "node:fs/promises";
import { join } from "node:path";
import { atOnce } from "../../at-once.ts";
import { GreenError } from "../../error.ts";
import type { Limiter } from "../../limiter.ts";
import type { Stat } from "./proto/fsutil_pb.ts";

/** Reads what a solved vertex left. */
export interface OutputReader {
  directory(path: string): Promise<readonly Stat[]>;
  /** Up to so many bytes: less at the end only. */
  piece(path: string, offset: number, length: number): Promise<Uint8Array>;
  /** Shared by all that is read from a builder. */
  readonly limit: Limiter;
}

/** 8 MiB: builders send half of what they may, 16 MiB, without copying twice. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** So many entries of one directory, and pieces of one file, are waited for at once; the reader limits all together. */
const AT_ONCE = 8;
/** Go's `fs.FileMode`. */
const DIRECTORY = 2 ** 31;
const SYMLINK = 2 ** 27;
const OTHER_KINDS = 2 ** 26 + 2 ** 25 + 2 ** 24 + 2 ** 21 + 2 ** 19;
const PERMISSIONS = 0o777;
/** Modes that files and directories get anyway. */
const USUAL_FILE = 0o644;
const USUAL_DIRECTORY = 0o755;

/** The whole content of a file whose size is not known. */
export async function readWhole(reader: OutputReader, path: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; ; offset += PIECE_BYTES) {
    const piece = await reader.limit(() => reader.piece(path, offset, PIECE_BYTES));
    pieces.push(piece);
    if (piece.length < PIECE_BYTES) return Buffer.concat(pieces);
  }
}

/**
 * Writes a directory's files, links and directories below an empty one of this machine. Resolves to their size, bytes.
 * Sockets and pipes that a program left are not files.
 */
export async function collectDirectory(reader: OutputReader, from: string, into: string): Promise<number> {
  const entries = await reader.limit(() => reader.directory(from));
  let bytes = 0;
  await atOnce(AT_ONCE, entries, async (stat) => {
    const name = checkedName(stat.path, from);
    const size = await collectEntry(reader, stat, `${from}/${name}`, join(into, name));
    bytes += size;
  });
  return bytes;
}

async function collectEntry(reader: OutputReader, stat: Stat, from: string, into: string): Promise<number> {
  const mode = stat.mode & PERMISSIONS;
  if (has(stat, SYMLINK)) {
    await symlink(stat.linkname, into);
    return 0;
  }
  if (has(stat, DIRECTORY)) {
    await mkdir(into);
    const bytes = await collectDirectory(reader, from, into);
    if (mode !== USUAL_DIRECTORY) await chmod(into, mode);
    return bytes;
  }
  if (has(stat, OTHER_KINDS)) return 0;
  return collectFile(reader, { from, into, mode, size: Number(stat.size) });
}

async function collectFile(
  reader: OutputReader,
  file: { readonly from: string; readonly into: string; readonly mode: number; readonly size: number },
): Promise<number> {
  const { from, into, mode, size } = file;
  const handle = await open(into, "wx", mode);
  try {
    const offsets = Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, at) => at * PIECE_BYTES);
    await atOnce(AT_ONCE, offsets, async (offset) => {
      const length = Math.min(PIECE_BYTES, size - offset);
      await reader.limit(async () => {
        const piece = await reader.piece(from, offset, length);
        if (piece.length !== length)
          throw new GreenError(
            "protocol",
            `The builder sent ${piece.length} bytes of "${from}" rather than ${length}`,
          );
        await writeAll(handle, piece, offset);
      });
    });
    if (mode !== USUAL_FILE) await handle.chmod(mode);
  } finally {
    await handle.close();
  }
  return size;
}

async function writeAll(
  handle: Awaited<ReturnType<typeof open>>,
  piece: Uint8Array,
  offset: number,
): Promise<void> {
  for (let written = 0; written < piece.length; ) {
    const { bytesWritten } = await handle.write(piece, written, piece.length - written, offset + written);
    written += bytesWritten;
  }
}

function has({ mode }: Stat, bits: number): boolean {
  return (mode & bits) !== 0;
}

/** What a builder calls a file becomes a path of this machine: it must be a name and nothing else. */
function checkedName(name: string, directory: string): string {
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) {
    throw new GreenError("protocol", `The builder names a file ${JSON.stringify(name)} in "${directory}"`);
  }
  return name;
}
