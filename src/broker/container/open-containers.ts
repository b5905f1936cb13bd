// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Notice } from "../notices.ts";
import type { Containers } from "./containers.ts";
import type { ContainersRequest } from "./containers-request.ts";

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
