// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Certificates } from "./certificates.ts";
import type { BaseImage } from "./image/base-image.ts";
import type { Network } from "./network.ts";
import type { Running } from "./running.ts";

/** What engines are started with. */
export interface EngineContext {
  readonly running: Running;
  readonly env: NodeJS.ProcessEnv;
  readonly certificates: Certificates;
  readonly network: Network;
  readonly image: BaseImage;
  /** `localhost:PORT`. */
  readonly registry: string;
  /** Of the base image in the registry, by digest. */
  readonly reference: string;
  /** The command of the registry. */
  readonly registryCommand: readonly string[];
}
