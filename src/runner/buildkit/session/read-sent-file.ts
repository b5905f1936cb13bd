// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { GreenError } from "../../../error.ts";
import type { SentFile } from "./sent-entry.ts";

/** 256 KiB: receivers take up to 4 MiB at once. */
const PIECE_BYTES = 256 * 1024;

/**
 * A file's bytes. Throws "busy", before the last ones, if they are not those that were promised: the builder must not
 * keep them under the name of others.
 */
export async function* readSentFile(file: SentFile): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash("sha256");
  const isPromised = () => file.digest === undefined || hash.digest("hex") === file.digest;
  let sent = 0;
  for await (const piece of createReadStream(file.from, { highWaterMark: PIECE_BYTES })) {
    if (file.digest !== undefined) hash.update(piece);
    sent += piece.length;
    if (sent > file.size || (sent === file.size && !isPromised())) throw changed(file);
    yield piece;
  }
  if (sent < file.size || (sent === 0 && !isPromised())) throw changed(file);
}

function changed({ from }: SentFile): GreenError {
  return new GreenError("busy", `"${from}" changed while it was being sent`, {
    hint: "build again",
    retryable: true,
  });
}
