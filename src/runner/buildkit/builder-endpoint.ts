// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Duplex } from "node:stream";

/** A place where BuildKit listens, and how to get a connection to it. */
export interface BuilderEndpoint {
  /** As a user knows it: `docker`, `ssh://me@host`, `buildx builder mine`. */
  readonly name: string;
  /** `engine`: the BuildKit inside of dockerd, which also has dockerd's images; `buildkitd`: one that stands alone. */
  readonly kind: "engine" | "buildkitd";
  /**
   * What requests name as their `:authority`, where proxies before a builder may go by it; undefined where it does not
   * matter.
   */
  readonly authority?: string | undefined;
  /**
   * A new connection on which HTTP/2 (h2c, with prior knowledge) can be spoken to BuildKit's gRPC service. Each is for
   * one HTTP/2 session: when that ends, dial again. Destroying the stream ends what carries it.
   *
   * Throws GreenError with `name` as `side`: "unreachable" (nothing listens, the name is unknown, TLS or ssh failed),
   * "denied" (no right to the socket, no key that ssh takes), "refused" (a docker engine without BuildKit); and the
   * signal's reason once that fires before the connection is there.
   */
  dial(signal?: AbortSignal): Promise<Duplex>;
  /** Ends what was started to reach the place, connections that were dialled too. */
  close(): Promise<void>;
}
