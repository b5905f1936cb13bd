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
export type BuildSurroundings = Omit<ContainedUnitsOptions, "image" | "builder" | "orHost" | "learnAgain">;

/** Where units run in containers: a builder, and the image that they start from. */
export interface Containers {
  readonly system: UnitSystem;
  /** A request as it is to be planned and run. */
  adapt(request: ShimRequest): ShimRequest;
  runner(build: BuildSurroundings): UnitRunner;
  /** Ends what still runs, and the connection. */
  close(): Promise<void>;
}

/** What else there is to know of containers. */
export type ContainersOptions = Pick<ContainedUnitsOptions, "orHost" | "learnAgain">;

const ALWAYS_THERE: ContainersOptions = { orHost: false, learnAgain: async () => {} };

/** Containers of one image on one builder. */
export function containersOf(
  builder: ContainerRunner,
  image: UnitImage,
  options: ContainersOptions = ALWAYS_THERE,
): Containers {
  return {
    system: new ImageSystem(image),
    adapt: adaptRequest,
    runner: (build) => new ContainedUnits({ ...build, ...options, image, builder }),
    close: () => builder.close(),
  };
}
