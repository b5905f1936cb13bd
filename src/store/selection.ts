// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitKind } from "../unit/record.ts";

/** One positional argument: `serde`, `serde@^1.0.200`, `pkg:cargo/serde@1.0.228`, or a key's hex prefix. */
export type Selector =
  | { readonly by: "crate"; readonly name: string; readonly version?: string /* semver range */ }
  | { readonly by: "key"; readonly prefix: string };

export const SORT_ORDERS = ["crate", "size", "used", "created", "time"] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

/** Which records a command means; the same for every command and every place that holds units. */
export interface Selection {
  /** Empty: all. Several: any of them. */
  readonly selectors: readonly Selector[];
  /** semver range over the compiler's release, e.g. `>=1.90 <1.96`; pre-releases (nightly) included. */
  readonly rustc?: string;
  readonly target?: string;
  readonly profile?: string;
  readonly kind?: UnitKind;
  readonly privacy?: "public" | "private";
  /** Last used before this, milliseconds since the epoch. */
  readonly unusedSince?: number;
  /** Bytes. */
  readonly largerThan?: number;
  readonly pinned?: boolean;
  /** True: made in a sandbox; false: without. */
  readonly sandboxed?: boolean;
  /** Default `crate`. */
  readonly sort?: SortOrder;
  readonly limit?: number;
}
