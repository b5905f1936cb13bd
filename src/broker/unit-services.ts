// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerUnit } from "../containerfile/container-unit.ts";
import type { UnitStore } from "../store/store.ts";
import type { InstanceId, UnitKey } from "../unit/digest.ts";
import type { PublicLists } from "../unit/privacy.ts";
import type { Inputs } from "../unit/record.ts";
import type { KnownUnits } from "./known-units.ts";
import type { UnitPlan } from "./unit-plan.ts";
import type { UnitRunner } from "./unit-runner.ts";

/** What the life of a unit uses. */
export interface UnitServices {
  readonly store: UnitStore;
  readonly known: KnownUnits;
  /** What runs it on a miss. */
  readonly runner: UnitRunner;
  /** What the user says is everybody's. */
  readonly publicLists: PublicLists;
  /** Asks remotes for results of a unit that the store has none of; true if some came. Absent: there is nobody to ask. */
  readonly fetch?: ((plan: UnitPlan) => Promise<boolean>) | undefined;
  /** Version of cargo-green, for the record. */
  readonly version: string;
  /** Told once how each unit ended. */
  readonly report: (outcome: UnitOutcome) => void;
  /** Work that the shim need not wait for. */
  readonly background: (work: Promise<void>) => void;
}

/** How a unit ended, for the summary and for `cache why`. */
export interface UnitOutcome {
  readonly outcome: "replayed" | "restored" | "built" | "uncached";
  readonly identity: UnitPlan["identity"];
  readonly key?: UnitKey;
  /** The result that lies in place now. */
  readonly instance?: InstanceId;
  readonly inputs?: Inputs;
  readonly reason?: string;
  /** What a builder has the result of. */
  readonly solved?: ContainerUnit | undefined;
  /** Replayed, restored: what it took once. Built: what it took now. Milliseconds. */
  readonly tookMs: number;
}
