// SPDX-License-Identifier: MIT OR Apache-2.0

/** What a unit's hash file holds: a u64 as 16 hexadecimal digits, its lowest byte first (Cargo's `util::to_hex`). */
export type FingerprintHash = string & { readonly __brand: "FingerprintHash" };

const HASH = /^[0-9a-f]{16}$/;

export function isFingerprintHash(text: string): text is FingerprintHash {
  return HASH.test(text);
}

/** The u64 that stands in the `deps` of a fingerprint's JSON. */
export function hashToU64(hash: FingerprintHash): bigint {
  return BigInt(`0x${swapBytes(hash)}`);
}

export function hashFromU64(value: bigint): FingerprintHash {
  return swapBytes(value.toString(16).padStart(16, "0")) as FingerprintHash;
}

function swapBytes(hex: string): string {
  let swapped = "";
  for (let at = hex.length - 2; at >= 0; at -= 2) swapped += hex.slice(at, at + 2);
  return swapped;
}
