// SPDX-License-Identifier: MIT OR Apache-2.0
import { type CargoInvocation, hasShort, optionValue, ownArguments } from "../../cargo/invocation.ts";
import type { CargoConfig } from "../replay/cargo-config.ts";

/** How many units there may be at once of a build whose units a builder runs. */
export interface UnitsAtOnce {
  /** Cargo is to ask for; undefined: as many as it does anyway. */
  readonly asked: number | undefined;
  /** May be run; undefined: as many as are asked for. */
  readonly run: number | undefined;
}

/** Cargo asks for so many units for each that may run: those that the builder has take time, but hardly any work. */
const ASKED_PER_RUN = 4;
/** What is waited for is a process of the shim each: 32. */
const MOST_ASKED = 32;

/** As many as Cargo asks for anyway. */
export const AS_CARGO_ASKS: UnitsAtOnce = { asked: undefined, run: undefined };

/**
 * Cargo has a unit for each processor at once. Where it only waits for a builder, it can ask for more, while no more of
 * them run; unless the user has said how many there are to be, who may know the builder.
 *
 * @param processors as Cargo counts them
 */
export function unitsAtOnce(
  invocation: CargoInvocation,
  env: NodeJS.ProcessEnv,
  config: Pick<CargoConfig, "has">,
  processors: number,
): UnitsAtOnce {
  const own = ownArguments(invocation);
  const isSaid =
    own.some((argument) => hasShort(argument, "j")) ||
    optionValue(own, "--jobs") !== undefined ||
    env["CARGO_BUILD_JOBS"] !== undefined ||
    config.has("build", "jobs");
  if (isSaid || processors >= MOST_ASKED) return AS_CARGO_ASKS;
  return { asked: Math.min(processors * ASKED_PER_RUN, MOST_ASKED), run: processors };
}
