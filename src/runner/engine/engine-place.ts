// SPDX-License-Identifier: MIT OR Apache-2.0
import type { StreamAddress } from "../stream/stream-address.ts";

/** Which docker engine is meant. Plain data. */
export interface EnginePlace {
  /** As a user knows it: `docker`, `ssh://me@host`, `docker context far`. */
  readonly name: string;
  /** The docker context that says where it is. */
  readonly context?: string | undefined;
  readonly address: StreamAddress;
  /** What said so: `DOCKER_HOST`, `docker context "far" (DOCKER_CONTEXT)`, `default`. */
  readonly from: string;
}
