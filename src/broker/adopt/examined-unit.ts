// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Digest } from "../../unit/digest.ts";
import type { InputSet } from "../../unit/record.ts";
import type { KnownUnits } from "../known-units.ts";
import type { PlanContext } from "../plan-context.ts";
import type { PlacedOutput, UnitPlan } from "../unit-plan.ts";
import type { BuiltUnit } from "./built-unit.ts";
import type { Neighbours } from "./neighbours.ts";
import type { CargoDirectories } from "./scratch-invocation.ts";
import type { SystemAges } from "./system-ages.ts";

/** What proving one unit takes, besides itself. */
export interface ProofContext extends Pick<PlanContext, "store" | "config" | "machine" | "system" | "shim"> {
  /** Units of this build, by what they leave; answers when they are settled. */
  readonly known: KnownUnits;
  readonly neighbours: Neighbours;
  readonly ages: SystemAges;
  /** The user's. */
  readonly directories: CargoDirectories;
  /** The workspace's root. */
  readonly workspace: string;
  /** True if no other checkout can have built in the same directory. */
  readonly isOwnTarget: boolean;
  /** Bytes of a proc-macro that the store does not have yet. */
  readonly unstored: (digest: Digest) => Promise<Buffer> | undefined;
}

/** A unit and what lies there of it. */
export interface ExaminedUnit {
  readonly plan: UnitPlan;
  readonly set: InputSet;
  readonly outputs: readonly PlacedOutput[];
  readonly built: BuiltUnit;
}
