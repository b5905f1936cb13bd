// SPDX-License-Identifier: MIT OR Apache-2.0
import type { InstanceId } from "../../unit/digest.ts";
import type { UnitIdentity } from "../../unit/record.ts";
import type { ShimRequest } from "../protocol.ts";
import type { Left } from "./left.ts";

/** A unit of which the store has a record. */
export interface KeptUnit {
  /** `known`: it had one before. */
  readonly kind: "adopted" | "known";
  readonly identity: UnitIdentity;
  readonly instance: InstanceId;
  /** `--out-dir`, or OUT_DIR. */
  readonly place: string;
  /** Of the files that lie there, bytes. */
  readonly size: number;
}

/** A unit that stays where it is. */
export interface LeftUnit extends Left {
  readonly kind: "left";
  readonly identity: UnitIdentity | undefined;
}

/** What became of a unit that Cargo would ask for in the user's directories. */
export type UnitFate = { readonly request: ShimRequest } & (KeptUnit | LeftUnit);
