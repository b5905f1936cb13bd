// SPDX-License-Identifier: MIT OR Apache-2.0
import type { CargoInvocation } from "../../cargo/invocation.ts";
import type { ResolvedConfig } from "../../config/resolve.ts";
import type { FilesSent } from "../../runner/container/builder-event.ts";
import type { UnitStore } from "../../store/store.ts";

/** What finding a builder and an image takes. */
export interface ContainersRequest {
  readonly resolved: Pick<ResolvedConfig, "config" | "origins">;
  /** Cargo's command line; undefined if it is not known. */
  readonly invocation: CargoInvocation | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The project's directory. */
  readonly project: string;
  readonly store: Pick<UnitStore, "memo" | "remember">;
  /** Told what a builder is sent. */
  readonly observe?: ((event: FilesSent) => void) | undefined;
}
