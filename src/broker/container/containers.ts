// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerRunner } from "../../runner/container/container-runner.ts";
import type { ShimRequest } from "../protocol.ts";
import type { UnitRunner } from "../unit-runner.ts";
import type { UnitSystem } from "../unit-system.ts";
import { adaptRequest, type EnvironmentChanges } from "./adapt-request.ts";
import { ContainedUnits, type ContainedUnitsOptions } from "./contained-units.ts";
import type { UnitImage } from "./image.ts";
import { ImageSystem } from "./image-system.ts";
import type { UsedCaches } from "./unread-caches.ts";

/** What one build knows of itself. */
export type BuildSurroundings = Omit<ContainedUnitsOptions, "image" | "builder" | "orHost" | "learnAgain">;

/** Where units run in containers: a builder, and the image that they start from. */
export interface Containers {
  readonly system: UnitSystem;
  /** A request as it is to be planned and run. */
  adapt(request: ShimRequest): ShimRequest;
  runner(build: BuildSurroundings): UnitRunner;
  /** Caches that the builder reads and writes; undefined if it cannot do that. */
  readonly caches: UsedCaches | undefined;
  /** Ends what still runs, and the connection. */
  close(): Promise<void>;
}

/** What else there is to know of containers. */
export interface ContainersOptions extends Pick<ContainedUnitsOptions, "orHost" | "learnAgain"> {
  /** Variables that all units get and see, and those that none does. Default: as Cargo has them. */
  readonly variables?: EnvironmentChanges;
  /** Caches that the builder reads and writes. Default: it can do neither. */
  readonly caches?: UsedCaches | undefined;
}

const UNCHANGED: EnvironmentChanges = { given: new Map(), kept: [] };
const ALWAYS_THERE: ContainersOptions = { orHost: false, learnAgain: async () => {} };

/** Containers of one image on one builder. */
export function containersOf(
  builder: ContainerRunner,
  image: UnitImage,
  { variables = UNCHANGED, caches, ...options }: ContainersOptions = ALWAYS_THERE,
): Containers {
  return {
    system: new ImageSystem(image),
    adapt: (request) => adaptRequest(request, variables),
    runner: (build) => {
      const config = { ...build.config, setEnvs: [...build.config.setEnvs, ...variables.given.keys()] };
      return new ContainedUnits({ ...build, ...options, config, image, builder });
    },
    caches,
    close: () => builder.close(),
  };
}
