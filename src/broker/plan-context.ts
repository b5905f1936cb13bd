// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Config } from "../config/config.ts";
import type { UnitStore } from "../store/store.ts";
import type { KnownUnits } from "./known-units.ts";
import type { Machine } from "./machine.ts";
import type { RequestRoots } from "./request-roots.ts";
import type { UnitSystem } from "./unit-system.ts";

/** What planning a unit uses besides the request. */
export interface PlanContext {
  readonly store: UnitStore;
  readonly config: Config;
  readonly known: KnownUnits;
  readonly machine: Machine;
  /** Those of the requests that were planned before. */
  readonly roots: RequestRoots;
  /** What units are made with. */
  readonly system: UnitSystem;
  /** The native shim: sandboxed programs call it, and it stands in for build scripts. Undefined if there is none. */
  readonly shim: string | undefined;
  /** True if what units would write is there already, and is only looked at. */
  readonly inPlace?: boolean;
}
