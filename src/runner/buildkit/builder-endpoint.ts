// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Duplex } from "node:stream";

/** Where a BuildKit answers. */
export interface BuilderEndpoint {
  /** As people call it. */
  readonly name: string;
  /** A docker engine with a BuildKit inside, or a BuildKit on its own. */
  readonly kind: "engine" | "buildkitd";
  /** Opens a connection that speaks HTTP/2 without TLS from its first byte on. Throws GreenError. */
  dial(signal?: AbortSignal): Promise<Duplex>;
  /** Ends what all connections share. */
  close(): Promise<void>;
}
