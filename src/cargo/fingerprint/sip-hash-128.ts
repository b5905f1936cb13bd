// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * SipHash-1-3 with 128 bits of output and the key 0, of the first `length` bytes, folded to 64 bits as
 * `Hasher::finish` of Rust's `SipHasher128` does: `low * 3 + high`.
 * 32-bit halves in local variables, one loop, nothing allocated: most processes hash too few bytes for the compiler
 * to help, and a BigInt a step would take some hundred times as long.
 *
 * Source: `src/sip128.rs` of the crate rustc-stable-hash 0.1.2 (`StableSipHasher128`, Cargo's `StableHasher`);
 * the algorithm: https://www.aumasson.jp/siphash/siphash.pdf, for 128 bits https://github.com/veorq/SipHash.
 */
export function sipHash128(bytes: Uint8Array, length: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  // "somepseudorandomlygeneratedbytes"; the 128-bit variant has another v1.
  let l0 = 0x70736575;
  let h0 = 0x736f6d65;
  let l1 = 0x6e646f6d ^ 0xee;
  let h1 = 0x646f7261;
  let l2 = 0x6e657261;
  let h2 = 0x6c796765;
  let l3 = 0x79746573;
  let h3 = 0x74656462;
  let first = 0n;
  const words = length >>> 3;
  // A round for each word and the last one; then, with nothing to absorb, three for each half of the result.
  for (let step = 0; step < words + 7; step++) {
    let low = 0;
    let high = 0;
    if (step < words) {
      low = view.getInt32(step * 8, true);
      high = view.getInt32(step * 8 + 4, true);
    } else if (step === words) {
      // What is left, then zeros, then the length's low byte.
      high = length << 24;
      for (let at = step * 8; at < length; at++) {
        const shift = 8 * (at & 3);
        if ((at & 4) === 0) low |= view.getUint8(at) << shift;
        else high |= view.getUint8(at) << shift;
      }
    } else if (step === words + 1) {
      l2 ^= 0xee;
    } else if (step === words + 4) {
      first = toU64(l0 ^ l1 ^ l2 ^ l3, h0 ^ h1 ^ h2 ^ h3);
      l1 ^= 0xdd;
    }
    l3 ^= low;
    h3 ^= high;

    let sum = (l0 >>> 0) + (l1 >>> 0); // v0 += v1
    l0 = sum | 0;
    h0 = (h0 + h1 + (sum > 0xffffffff ? 1 : 0)) | 0;
    sum = (l2 >>> 0) + (l3 >>> 0); // v2 += v3
    l2 = sum | 0;
    h2 = (h2 + h3 + (sum > 0xffffffff ? 1 : 0)) | 0;
    let old = l1; // v1 = rotl(v1, 13) ^ v0
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
    h2 = (h2 + h1 + (sum > 0xffffffff ? 1 : 0)) | 0;
    sum = (l0 >>> 0) + (l3 >>> 0); // v0 += v3
    l0 = sum | 0;
    h0 = (h0 + h3 + (sum > 0xffffffff ? 1 : 0)) | 0;
    old = l1; // v1 = rotl(v1, 17) ^ v2
    l1 = ((l1 << 17) | (h1 >>> 15)) ^ l2;
    h1 = ((h1 << 17) | (old >>> 15)) ^ h2;
    old = l3; // v3 = rotl(v3, 21) ^ v0
    l3 = ((l3 << 21) | (h3 >>> 11)) ^ l0;
    h3 = ((h3 << 21) | (old >>> 11)) ^ h0;
    old = l2; // v2 = rotl(v2, 32)
    l2 = h2;
    h2 = old;

    l0 ^= low;
    h0 ^= high;
  }
  return BigInt.asUintN(64, first * 3n + toU64(l0 ^ l1 ^ l2 ^ l3, h0 ^ h1 ^ h2 ^ h3));
}

function toU64(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
