// SPDX-License-Identifier: MIT OR Apache-2.0
import type { FileHandle } from "node:fs/promises";
import { GreenError } from "../../error.ts";
import { parseTarHeader, TAR_BLOCK, tarPadding } from "../tar-header.ts";
import { type Extended, isAboutAll, isMeta, MAX_META_BYTES, parseMeta } from "../tar-meta.ts";

/** Where the content of a file of an archive is. */
export interface TarEntry {
  /** Offset, bytes. */
  readonly at: number;
  /** Bytes. */
  readonly size: number;
}

/** More than any layout has. */
const MAX_ENTRIES = 1_000_000;

/**
 * Finds the files of a tar archive. It is refused as a whole if anything in it is not a plain file or directory with a
 * plain name, if a name is there twice, or if it ends too early.
 * @throws GreenError "corrupt"
 */
export async function readTarIndex(handle: FileHandle, side: string): Promise<ReadonlyMap<string, TarEntry>> {
  const { size: end } = await handle.stat();
  const entries = new Map<string, TarEntry>();
  const refuse = (why: string) => new GreenError("corrupt", `The archive is refused: ${why}`, { side });
  const content = async (at: number, size: number): Promise<Buffer> => {
    if (size > MAX_META_BYTES) throw refuse("one of its names is too long");
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await handle.read(bytes, 0, size, at);
    if (bytesRead < size) throw refuse("it ends too early");
    return bytes;
  };
  let extended: Extended = {};
  let headers = 0;
  for (let at = 0; at < end; ) {
    const block = await content(at, TAR_BLOCK);
    if (block.every((byte) => byte === 0)) break;
    const header = parseTarHeader(block);
    if (header === undefined)
      throw refuse(at === 0 ? "it is no tar file" : `there is no header at byte ${at}`);
    if (++headers > MAX_ENTRIES) throw refuse(`it has more than ${MAX_ENTRIES} entries`);
    at += TAR_BLOCK;
    const own = isMeta(header) ? {} : extended;
    const size = own.size ?? header.size;
    if (at + size > end) throw refuse("it ends too early");
    if (isMeta(header)) {
      const found = parseMeta(header, await content(at, size));
      if (found === undefined) throw refuse("an extended header is not understood");
      if (isAboutAll(header, found)) throw refuse("an extended header is about all of its files");
      extended = { ...extended, ...found };
    } else {
      extended = {};
      const raw = own.name ?? header.name;
      const shown = JSON.stringify(raw.slice(0, 128));
      const name = plainName(raw);
      if (name === undefined) throw refuse(`the name ${shown} leads elsewhere`);
      const isFile = header.type === "0" && !raw.endsWith("/");
      if (!isFile && (size > 0 || !["0", "5"].includes(header.type))) {
        throw refuse(`${shown} is neither a plain file nor a directory`);
      }
      if (isFile && entries.has(name)) throw refuse(`${shown} is there twice`);
      if (isFile) entries.set(name, { at, size });
    }
    at += size + tarPadding(size);
  }
  return entries;
}

/** A relative name without detours; the empty one for the archive's own directory. Undefined for any other. */
function plainName(raw: string): string | undefined {
  const name = raw.replace(/^(\.\/)+/, "").replace(/\/$/, "");
  if (name === "" || name === ".") return raw === "" ? undefined : "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what no name of a layout has
  if (/[\\\u0000-\u001f\u007f\ufffd]/.test(name)) return undefined;
  return name.split("/").some((part) => ["", ".", ".."].includes(part)) ? undefined : name;
}
