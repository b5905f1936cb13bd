// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  chmodSync,
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  symlinkSync,
  write,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { atOnce } from "../../at-once.ts";
import { GreenError } from "../../error.ts";
import type { Limiter } from "../../limiter.ts";
import type { Arrived } from "../container/container-runner.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { Stat } from "./proto/fsutil_pb.ts";

/** Reads what a solved vertex left. */
export interface OutputReader {
  directory(path: string): Promise<readonly Stat[]>;
  /** Up to so many bytes: less at the end only. */
  piece(path: string, offset: number, length: number): Promise<Uint8Array>;
  /** Fills a buffer from an offset on; how many bytes that are: less than all at the end only. */
  fill(path: string, offset: number, into: Buffer): Promise<number>;
  /** Shared by all that is read from a builder. */
  readonly limit: Limiter;
  /** What files are held in until they are written. */
  readonly buffers: BufferPool;
  /** A file of up to so many bytes is held in memory as a whole, others come in pieces. Default WHOLE_BYTES. */
  readonly wholeBytes?: number;
}

/** Where a directory is to lie, and who is told of its files. */
export interface Destination {
  /** An empty directory of this machine. */
  readonly into: string;
  /** Of each file, by its path in there. */
  readonly arrived?: Arrived | undefined;
}

const writeSome = promisify(write);

/** 8 MiB: builders send half of what they may, 16 MiB, without copying twice. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** So many entries of one directory, and pieces of one file, are waited for at once; the reader limits all together. */
const AT_ONCE = 8;
/** 256 MiB */
const WHOLE_BYTES = 256 * 1024 * 1024;
/**
 * 128 KiB: a file of up to this is written at once, which takes less than a trip to the thread pool. Others are opened
 * and closed at once, too.
 */
const INLINE_BYTES = 128 * 1024;
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
 * Writes a directory's files, links and directories. Resolves to their size, bytes. Sockets and pipes that a program left
 * are not files.
 */
export async function collectDirectory(
  reader: OutputReader,
  from: string,
  destination: Destination,
): Promise<number> {
  return collectInto({ reader, destination, from }, "");
}

interface Collecting {
  readonly reader: OutputReader;
  readonly destination: Destination;
  /** The directory on the builder. */
  readonly from: string;
}

/** @param below is the path in the directory: empty, or ending in a slash */
async function collectInto(collecting: Collecting, below: string): Promise<number> {
  const { reader } = collecting;
  const directory = `${collecting.from}/${below}`.replace(/\/$/, "");
  const entries = await reader.limit(() => reader.directory(directory));
  let bytes = 0;
  await atOnce(AT_ONCE, entries, async (stat) => {
    const name = checkedName(stat.path, directory);
    const size = await collectEntry(collecting, stat, below + name);
    bytes += size;
  });
  return bytes;
}

async function collectEntry(collecting: Collecting, stat: Stat, path: string): Promise<number> {
  const mode = stat.mode & PERMISSIONS;
  const into = join(collecting.destination.into, path);
  if (has(stat, SYMLINK)) {
    symlinkSync(stat.linkname, into);
    return 0;
  }
  if (has(stat, DIRECTORY)) {
    mkdirSync(into);
    const bytes = await collectInto(collecting, `${path}/`);
    if (mode !== USUAL_DIRECTORY) chmodSync(into, mode);
    return bytes;
  }
  if (has(stat, OTHER_KINDS)) return 0;
  await collectFile(collecting, path, { into, mode, size: Number(stat.size) });
  return Number(stat.size);
}

interface FilePlace {
  readonly into: string;
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
}

async function collectFile(collecting: Collecting, path: string, place: FilePlace): Promise<void> {
  const { reader, destination, from } = collecting;
  const { size } = place;
  if (size > (reader.wholeBytes ?? WHOLE_BYTES)) {
    destination.arrived?.(path, undefined);
    await collectPieces(reader, `${from}/${path}`, place);
    return;
  }
  await reader.buffers.lend(size, async (bytes) => {
    await atOnce(AT_ONCE, offsetsOf(size), (offset) =>
      fillExactly(reader, `${from}/${path}`, offset, bytes.subarray(offset, offset + PIECE_BYTES)),
    );
    destination.arrived?.(path, bytes);
    await writeNew(place, bytes);
  });
}

/** A file that is not held in memory as a whole. */
async function collectPieces(
  reader: OutputReader,
  path: string,
  { into, mode, size }: FilePlace,
): Promise<void> {
  const file = openSync(into, "wx", mode);
  try {
    await atOnce(AT_ONCE, offsetsOf(size), (offset) =>
      reader.buffers.lend(Math.min(PIECE_BYTES, size - offset), async (bytes) => {
        await fillExactly(reader, path, offset, bytes);
        await writeAll(file, bytes, offset);
      }),
    );
    if (mode !== USUAL_FILE) fchmodSync(file, mode);
  } finally {
    closeSync(file); // when no piece is being written any more
  }
}

function offsetsOf(size: number): readonly number[] {
  return Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, at) => at * PIECE_BYTES);
}

async function fillExactly(reader: OutputReader, path: string, offset: number, into: Buffer): Promise<void> {
  const filled = await reader.limit(() => reader.fill(path, offset, into));
  if (filled === into.length) return;
  throw new GreenError(
    "protocol",
    `The builder sent ${filled} bytes of "${path}" rather than ${into.length}`,
  );
}

async function writeNew({ into, mode, size }: FilePlace, bytes: Buffer): Promise<void> {
  if (size <= INLINE_BYTES) {
    writeSmall(into, mode, bytes);
    return;
  }
  const file = openSync(into, "wx", mode);
  try {
    await writeAll(file, bytes, 0);
    if (mode !== USUAL_FILE) fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}

function writeSmall(into: string, mode: number, bytes: Buffer): void {
  const file = openSync(into, "wx", mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    if (mode !== USUAL_FILE) fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}

async function writeAll(file: number, piece: Uint8Array, offset: number): Promise<void> {
  for (let written = 0; written < piece.length; ) {
    const { bytesWritten } = await writeSome(file, piece, written, piece.length - written, offset + written);
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
