// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Duplex } from "node:stream";

/**
 * Opens a new stream to one place. Destroying it ends what carries it.
 *
 * Throws GreenError "unreachable" or "denied", and the signal's reason if that fires before the stream is there.
 */
export type StreamOpener = (signal?: AbortSignal) => Promise<Duplex>;
