// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Descriptor } from "../descriptor.ts";
import type { CheckedSource } from "./checked-source.ts";
import type { RegistrySession } from "./registry-session.ts";
import { givenUp, pauseAfter } from "./retry.ts";
import { askUpload, lost, nextStep, type Upload } from "./upload-session.ts";

/** What sending an upload needs. */
export interface Sending {
  readonly session: RegistrySession;
  readonly source: CheckedSource;
  readonly descriptor: Descriptor;
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

export const OCTETS = "application/octet-stream";
/** How registries say that they do not take chunks, or not of this size, when they get the first. */
const NO_CHUNKS: readonly number[] = [400, 405, 411, 413, 501];

/**
 * Sends all bytes chunk by chunk; after a failure it asks what has come, and goes on there
 * (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks).
 * Returns where the upload is to be ended; undefined if the registry does not take chunks.
 */
export async function sendChunks(
  { session, source, descriptor, what, signal }: Sending,
  start: Upload,
  chunkBytes: number,
): Promise<Upload | undefined> {
  let state: { readonly upload: Upload; readonly received: number } = { upload: start, received: 0 };
  let failures = 0;
  while (state.received < descriptor.size) {
    const { upload, received } = state;
    const length = Math.min(Math.max(chunkBytes, upload.minChunk), descriptor.size - received);
    const outcome = await sendChunk(upload, received, length);
    if (outcome === "no chunks") return undefined;
    if (outcome instanceof GreenError) {
      if (failures >= session.retries.retries) throw givenUp(outcome);
      await pauseAfter(session.retries, failures + 1, signal);
      state = await askUpload(session, upload, what, signal);
    } else {
      if (failures >= session.retries.retries)
        throw session.error("protocol", `The registry takes nothing of the ${what}`);
      state = outcome;
    }
    if (state.received > source.known) throw session.error("protocol", "The registry has more than was sent");
    failures = state.received > received ? 0 : failures + 1;
  }
  return state.upload;

  /** The new state, or why it failed if that may pass. */
  async function sendChunk(upload: Upload, offset: number, length: number) {
    try {
      const response = await session.sendOnce({
        ...{
          method: "PATCH",
          path: upload.location,
          action: "push",
          what,
          signal,
          answerMs: session.timeouts.storeMs,
        },
        headers: {
          ...{ "content-type": OCTETS, "content-length": String(length) },
          "content-range": `${offset}-${offset + length - 1}`,
        },
        body: () => source.read(offset, length),
        expected: [200, 201, 202, 204, 404, 416, ...(offset === 0 ? NO_CHUNKS : [])],
      });
      const next = await nextStep(session, upload, response);
      const { status } = response;
      if (status === 404) throw lost(session, what);
      if (NO_CHUNKS.includes(status)) return "no chunks";
      if (status === 416) return lost(session, what);
      return { upload: next.upload, received: next.received ?? offset + length };
    } catch (thrown) {
      if (thrown instanceof GreenError && thrown.retryable && !signal?.aborted) return thrown;
      throw thrown;
    }
  }
}
