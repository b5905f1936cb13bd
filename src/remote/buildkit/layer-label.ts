// SPDX-License-Identifier: MIT OR Apache-2.0
import { Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { OUTPUT } from "../../containerfile/container-unit.ts";
import { parseUnitUrl } from "../../containerfile/unit-url.ts";
import type { UnitIdentity } from "../../unit/record.ts";
import { parseTarHeader, TAR_BLOCK } from "../tar-header.ts";

/** As it is called in a layer, which is the output directory. */
const LABEL = OUTPUT.label.slice(OUTPUT.directory.length + 1);
/** 64 kB: crates with some thousand features have labels half as long. */
const MAX_LABEL = 64 * 1024;

/**
 * What unit a layer is the result of, read from its first file; undefined for other layers. No more of it is read than
 * that takes, so nothing tells that these are the bytes that its digest names: fit for lists and for nothing else.
 * Throws as the content does.
 */
export async function layerLabel(
  content: AsyncIterable<Uint8Array>,
  mediaType: string,
): Promise<UnitIdentity | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of decompressed(content, mediaType)) {
    pieces.push(piece);
    size += piece.length;
    if (size < TAR_BLOCK) continue;
    const start = Buffer.concat(pieces);
    const header = parseTarHeader(start);
    if (header?.name !== LABEL || header.size > MAX_LABEL) return undefined;
    if (size < TAR_BLOCK + header.size) continue;
    return parseUnitUrl(start.toString("utf8", TAR_BLOCK, TAR_BLOCK + header.size).trimEnd());
  }
  return undefined;
}

/** As the content's pieces come; damaged ones end it. Whoever stops iterating ends the content as well. */
async function* decompressed(
  content: AsyncIterable<Uint8Array>,
  mediaType: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decompress = decompressor(mediaType);
  if (decompress === undefined) {
    yield* content;
    return;
  }
  const source = Readable.from(content, { objectMode: false });
  const failed: { thrown?: unknown } = {};
  source.on("error", (thrown) => {
    failed.thrown = thrown;
    decompress.destroy();
  });
  try {
    for await (const piece of source.pipe(decompress)) yield piece as Uint8Array;
  } catch (thrown) {
    if ("thrown" in failed) throw failed.thrown;
    if (!isDamage(thrown)) throw thrown;
  } finally {
    source.destroy();
    decompress.destroy();
  }
}

/** By the end of a media type: https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md */
function decompressor(mediaType: string): Transform | undefined {
  if (mediaType.endsWith("+zstd")) return createZstdDecompress();
  return /[+.]gzip$/.test(mediaType) ? createGunzip() : undefined;
}

function isDamage(thrown: unknown): boolean {
  const { code = "" } = thrown as NodeJS.ErrnoException;
  return code.startsWith("Z_") || code.startsWith("ZSTD_") || code === "ERR_STREAM_PREMATURE_CLOSE";
}
