// SPDX-License-Identifier: MIT OR Apache-2.0

/** SipHash's four 64-bit words as pairs of 32-bit halves, the low one first. */
type State = Int32Array;

/** "somepseudorandomlygeneratedbytes" and the 128-bit variant's `v1 ^= 0xee`, for the key 0. */
const INITIAL = [
  ...[0x70736575, 0x736f6d65], // v0
  ...[0x6e646f6d ^ 0xee, 0x646f7261], // v1
  ...[0x6e657261, 0x6c796765], // v2
  ...[0x79746573, 0x74656462], // v3
];

/**
 * SipHash-1-3 with 128 bits of output and the key 0, of the first `length` bytes, folded to 64 bits as
 * `Hasher::finish` of Rust's `SipHasher128` does: `low * 3 + high`.
 * 32-bit arithmetic: a BigInt per step would take some hundred times as long.
 *
 * Source: `src/sip128.rs` of the crate rustc-stable-hash 0.1.2 (`StableSipHasher128`, Cargo's `StableHasher`);
 * the algorithm: https://www.aumasson.jp/siphash/siphash.pdf, for 128 bits https://github.com/veorq/SipHash.
 */
export function sipHash128(bytes: Uint8Array, length: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const v = Int32Array.from(INITIAL);
  const end = length & ~7;
  for (let at = 0; at < end; at += 8) absorb(v, view.getInt32(at, true), view.getInt32(at + 4, true));
  // The last word: what is left, then zeros, then the length's low byte.
  let low = 0;
  let high = length << 24;
  for (let at = end; at < length; at++) {
    if (at - end < 4) low |= view.getUint8(at) << (8 * (at - end));
    else high |= view.getUint8(at) << (8 * (at - end - 4));
  }
  absorb(v, low, high);
  const first = squeeze(v, 4, 0xee);
  const second = squeeze(v, 2, 0xdd);
  return BigInt.asUintN(64, first * 3n + second);
}

function absorb(v: State, low: number, high: number): void {
  v[6] = at(v, 6) ^ low;
  v[7] = at(v, 7) ^ high;
  round(v);
  v[0] = at(v, 0) ^ low;
  v[1] = at(v, 1) ^ high;
}

function squeeze(v: State, word: number, mark: number): bigint {
  v[word] = at(v, word) ^ mark;
  round(v);
  round(v);
  round(v);
  const low = at(v, 0) ^ at(v, 2) ^ at(v, 4) ^ at(v, 6);
  const high = at(v, 1) ^ at(v, 3) ^ at(v, 5) ^ at(v, 7);
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** One SipRound: adds, rotations by 13, 16, 32, 17, 21, 32, and exclusive ors. */
function round(v: State): void {
  let [l0, h0, l1, h1] = [at(v, 0), at(v, 1), at(v, 2), at(v, 3)];
  let [l2, h2, l3, h3] = [at(v, 4), at(v, 5), at(v, 6), at(v, 7)];
  let sum: number;
  let old: number;

  sum = (l0 >>> 0) + (l1 >>> 0); // v0 += v1
  l0 = sum | 0;
  h0 = (h0 + h1 + carry(sum)) | 0;
  sum = (l2 >>> 0) + (l3 >>> 0); // v2 += v3
  l2 = sum | 0;
  h2 = (h2 + h3 + carry(sum)) | 0;
  old = l1; // v1 = rotl(v1, 13) ^ v0
  l1 = ((l1 << 13) | (h1 >>> 19)) ^ l0;
  h1 = ((h1 << 13) | (old >>> 19)) ^ h0;
  old = l3; // v3 = rotl(v3, 16) ^ v2
  l3 = ((l3 << 16) | (h3 >>> 16)) ^ l2;
  h3 = ((h3 << 16) | (old >>> 16)) ^ h2;
  old = l0; // v0 = rotl(v0, 32)
  l0 = h0;
  h0 = old;

  sum = (l2 >>> 0) + (l1 >>> 0); // v2 += v1
  l2 = sum | 0;
  h2 = (h2 + h1 + carry(sum)) | 0;
  sum = (l0 >>> 0) + (l3 >>> 0); // v0 += v3
  l0 = sum | 0;
  h0 = (h0 + h3 + carry(sum)) | 0;
  old = l1; // v1 = rotl(v1, 17) ^ v2
  l1 = ((l1 << 17) | (h1 >>> 15)) ^ l2;
  h1 = ((h1 << 17) | (old >>> 15)) ^ h2;
  old = l3; // v3 = rotl(v3, 21) ^ v0
  l3 = ((l3 << 21) | (h3 >>> 11)) ^ l0;
  h3 = ((h3 << 21) | (old >>> 11)) ^ h0;
  old = l2; // v2 = rotl(v2, 32)
  l2 = h2;
  h2 = old;

  v[0] = l0;
  v[1] = h0;
  v[2] = l1;
  v[3] = h1;
  v[4] = l2;
  v[5] = h2;
  v[6] = l3;
  v[7] = h3;
}

function carry(sum: number): number {
  return sum > 0xffffffff ? 1 : 0;
}

/** The index is always in range; the type checker cannot know. */
function at(v: State, index: number): number {
  return v[index] ?? 0;
}
