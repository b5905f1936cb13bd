// SPDX-License-Identifier: MIT OR Apache-2.0
import { createLimiter, type Limiter } from "../../limiter.ts";
import type { ContainerRunner } from "../../runner/container/container-runner.ts";
import type { ShimRequest } from "../protocol.ts";
import type { UnitRunner } from "../unit-runner.ts";
import type { UnitSystem } from "../unit-system.ts";
import { adaptRequest, type EnvironmentChanges } from "./adapt-request.ts";
import { ContainedUnits, type ContainedUnitsOptions } from "./contained-units.ts";
import type { UnitImage } from "./image.ts";
import { ImageSystem } from "./image-system.ts";
import { AS_CARGO_ASKS, type UnitsAtOnce } from "./units-at-once.ts";
import type { UsedCaches } from "./unread-caches.ts";

/** What one build knows of itself. */
export type BuildSurroundings = Omit<ContainedUnitsOptions, "image" | "builder" | "orHost" | "learnAgain">;

/** Where units run in containers: a builder, and the image that they start from. */
export interface Containers {
  readonly system: UnitSystem;
  /** A request as it is to be planned and run. */
  adapt(request: ShimRequest): ShimRequest;
  runner(build: BuildSurroundings): UnitRunner;
  /** So many units Cargo is to ask for at once; undefined: as many as it does anyway. */
  readonly asked: number | undefined;
  /** Loads what speaks to the builder, as there will be something to run. Connects to nothing, and never throws. */
  getReady(): void;
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
  /** How many units there are at once. Default: as many as Cargo asks for anyway. */
  readonly atOnce?: UnitsAtOnce;
  /** Loads what speaks to the builder. Default: that is there. */
  readonly load?: (() => Promise<unknown>) | undefined;
}

const UNCHANGED: EnvironmentChanges = { given: new Map(), kept: [] };
const ALWAYS_THERE: ContainersOptions = { orHost: false, learnAgain: async () => {} };

/** Containers of one image on one builder. */
export function containersOf(
  builder: ContainerRunner,
  image: UnitImage,
  {
    variables = UNCHANGED,
    caches,
    atOnce = AS_CARGO_ASKS,
    load,
    ...options
  }: ContainersOptions = ALWAYS_THERE,
): Containers {
  return {
    system: new ImageSystem(image),
    adapt: (request) => adaptRequest(request, variables),
    runner: (build) => {
      const config = { ...build.config, setEnvs: [...build.config.setEnvs, ...variables.given.keys()] };
      const host = atOnce.run === undefined ? build.host : limited(build.host, createLimiter(atOnce.run));
      return new ContainedUnits({ ...build, ...options, config, host, image, builder });
    },
    asked: atOnce.asked,
    getReady: () => void load?.().catch(() => {}), // whoever needs it is told
    caches,
    close: () => builder.close(),
  };
}

/** The same, for not more units at once than that: what Cargo asks for is more than this machine has processors. */
function limited(runner: UnitRunner, limit: Limiter): UnitRunner {
  return {
    kind: runner.kind,
    accepts: (record, packageName) => runner.accepts(record, packageName),
    foreign: (names, env) => runner.foreign(names, env),
    run: (unit, shim) => limit(() => runner.run(unit, shim)),
  };
}
