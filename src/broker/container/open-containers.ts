// SPDX-License-Identifier: MIT OR Apache-2.0
import type { CargoInvocation } from "../../cargo/invocation.ts";
import type { ResolvedConfig } from "../../config/resolve.ts";
import { GreenError } from "../../error.ts";
import type { FilesSent } from "../../runner/container/builder-event.ts";
import type { UnitStore } from "../../store/store.ts";
import type { Notice } from "../notices.ts";
import type { Containers } from "./containers.ts";

/** What finding a builder and an image takes. */
export interface ContainersRequest {
  readonly resolved: Pick<ResolvedConfig, "config" | "origins">;
  /** Cargo's command line; undefined if it is not known. */
  readonly invocation: CargoInvocation | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The project's directory: a builder is sent less for one that it knows. */
  readonly project: string;
  readonly store: Pick<UnitStore, "memo" | "remember">;
  /** Told what a builder is sent. */
  readonly observe?: ((event: FilesSent) => void) | undefined;
}

/** Where units are to be run. */
export interface OpenedContainers {
  /** Undefined: on this host. */
  readonly containers: Containers | undefined;
  /** What is to be told: that there is no builder, though one would do. */
  readonly notice: Notice | undefined;
}

/**
 * Finds what runs units in containers, as the settings say.
 * Throws GreenError if the settings demand it and it cannot be had.
 */
export type OpenContainers = (request: ContainersRequest) => Promise<OpenedContainers>;

/** Said again only when it is another line. */
const NO_BUILDER = "no builder";

/** The user's own builder and the image that the settings name; all that speaks to it is loaded when it is wanted. */
export const openContainers: OpenContainers = async (request) => {
  const { runner } = request.resolved.config;
  if (runner === "host") return { containers: undefined, notice: undefined };
  try {
    const { findContainers } = await import("./find-containers.ts");
    return { containers: await findContainers(request, runner), notice: undefined };
  } catch (thrown) {
    if (runner !== "auto") throw thrown;
    const line = `compiles on this host: ${GreenError.from(thrown).message} (CARGOGREEN_RUNNER=auto)`;
    return { containers: undefined, notice: { line, topic: NO_BUILDER } };
  }
};
