// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ArrivingBytes } from "./arriving-bytes.ts";
import { frameParser } from "./frame-by-frame.ts";

/** The frames of a zstd file, each as soon as all of it has come. What is no frame, or not all of one, is the last. */
export async function* arrivingFrames(arriving: ArrivingBytes): AsyncGenerator<Buffer> {
  const { memory } = arriving;
  const parser = frameParser();
  let step = parser.next().value;
  let from = 0;
  for (let at = 0; at + step.bytes <= memory.length; ) {
    const end = at + step.bytes;
    if (!arriving.has(end)) await arriving.until(end);
    step = parser.next(memory.subarray(at, end)).value;
    at = end;
    if (step.kind !== "end") continue;
    yield memory.subarray(from, at);
    from = at;
    if (at === memory.length) return;
  }
  await arriving.until(memory.length);
  yield memory.subarray(from);
}
