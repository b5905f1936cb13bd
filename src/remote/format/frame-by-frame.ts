// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  checksumLength,
  headerLength,
  isSkippable,
  parseBlockHeader,
  ZSTD_MAGIC,
} from "../../zstd-format.ts";

/**
 * The same bytes in pieces of which none holds parts of two zstd frames: Node 24 decodes the first of several in one
 * piece and leaves the rest out in silence. What is no frame goes through as it is: whoever decompresses it will say so.
 */
export async function* frameByFrame(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const parser = frameParser();
  let step = parser.next().value;
  let read = Buffer.alloc(0);
  let left = step.bytes;
  for await (const chunk of source) {
    let from = 0;
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(left, chunk.length - at);
      if (step.kind === "read") read = Buffer.concat([read, chunk.subarray(at, at + taken)]);
      at += taken;
      left -= taken;
      for (; left === 0; left = step.bytes) {
        step = parser.next(read).value;
        read = Buffer.alloc(0);
        if (step.kind !== "end") continue;
        if (at > from) yield chunk.subarray(from, at);
        from = at;
      }
    }
    if (from < chunk.length) yield chunk.subarray(from);
  }
}

/** What the next bytes are to the parser: looked at, passed over, or those of another frame. */
interface Step {
  readonly kind: "read" | "skip" | "end";
  readonly bytes: number;
}

const END: Step = { kind: "end", bytes: 0 };
const REST: Step = { kind: "skip", bytes: Number.POSITIVE_INFINITY };

/** Finds where frames end; is given what it asked to read. */
export function* frameParser(): Generator<Step, never, Buffer> {
  const read = (bytes: number): Step => ({ kind: "read", bytes });
  const skip = (bytes: number): Step => ({ kind: "skip", bytes });
  for (;;) {
    const magic = (yield read(4)).readUInt32LE();
    if (isSkippable(magic)) {
      yield skip((yield read(4)).readUInt32LE());
    } else {
      if (magic !== ZSTD_MAGIC) yield REST;
      const descriptor = (yield read(1)).readUInt8();
      yield skip(headerLength(descriptor));
      for (let isLast = false; !isLast; ) {
        const block = parseBlockHeader((yield read(3)).readUIntLE(0, 3));
        if (block === undefined) yield REST;
        isLast = block?.isLast ?? true;
        yield skip(block?.length ?? 0);
      }
      yield skip(checksumLength(descriptor));
    }
    yield END;
  }
}
