// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";

/** Lower-case hex sha256 of some bytes: names a file in the store. */
export type Digest = string & { readonly __brand: "Digest" };
/** Lower-case hex sha256 of a unit's canonical inputs. */
export type UnitKey = string & { readonly __brand: "UnitKey" };
/** Like a UnitKey, but of the inputs that are known before the contents of sources are. */
export type PreKey = string & { readonly __brand: "PreKey" };
/** What the unit graph says of a unit before Cargo starts, as one hash; leads to results whose own key decides. */
export type PlanKey = string & { readonly __brand: "PlanKey" };
/** One concrete result of a key: the key, the bytes it produced, and the instances it was made against. */
export type InstanceId = string & { readonly __brand: "InstanceId" };

const HEX_SHA256 = /^[0-9a-f]{64}$/;

/** True if `text` is 64 lower-case hex digits. */
export function isSha256(text: string): boolean {
  return HEX_SHA256.test(text);
}

/** sha256 of `data`, in one call. */
export function digestOf(data: string | Uint8Array): Digest {
  return hash("sha256", data, "hex") as Digest;
}
