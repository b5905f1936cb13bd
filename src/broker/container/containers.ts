// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerRunner } from "../../runner/container/container-runner.ts";
import type { ShimRequest } from "../protocol.ts";
import type { UnitRunner } from "../unit-runner.ts";
import type { UnitSystem } from "../unit-system.ts";
import { adaptRequest } from "./adapt-request.ts";
import { ContainedUnits, type ContainedUnitsOptions } from "./contained-units.ts";
import type { UnitImage } from "./image.ts";
import { ImageSystem } from "./image-system.ts";

/** What one build knows of itself. */
export type BuildSurroundings = Omit<ContainedUnitsOptions, "image" | "builder" | "orHost">;

/** Where units run in containers: a builder, and the image that they start from. */
export interface Containers {
  readonly system: UnitSystem;
  /** A request as it is to be planned and run. */
  adapt(request: ShimRequest): ShimRequest;
  runner(build: BuildSurroundings): UnitRunner;
  /** Ends what still runs, and the connection. */
  close(): Promise<void>;
}

/**
 * Containers of one image on one builder.
 * @param orHost what the builder cannot run, this host does
 */
export function containersOf(builder: ContainerRunner, image: UnitImage, orHost = false): Containers {
  return {
    system: new ImageSystem(image),
    adapt: adaptRequest,
    runner: (build) => new ContainedUnits({ ...build, image, builder, orHost }),
    close: () => builder.close(),
  };
}
