// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader } from "../../../src/runner/engine/docker-frames.ts";

const frame = fc.record({ stderr: fc.boolean(), payload: fc.uint8Array({ maxLength: 40 }) });

function encoded({ stderr, payload }: { readonly stderr: boolean; readonly payload: Uint8Array }): Buffer {
  const header = Buffer.from([stderr ? 2 : 1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

test("both streams come apart, wherever the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (frames, cuts) => {
        const reader = new FrameReader();
        const out = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
        let rest = Buffer.concat(frames.map(encoded));
        for (let at = 0; rest.length > 0; at++) {
          const cut = cuts[at % cuts.length] ?? 1;
          for (const { stream, bytes } of reader.read(rest.subarray(0, cut))) out[stream].push(bytes);
          rest = rest.subarray(cut);
        }
        for (const stderr of [false, true]) {
          const wanted = Buffer.concat(
            frames.filter((each) => each.stderr === stderr).map((each) => each.payload),
          );
          expect(Buffer.concat(out[stderr ? "stderr" : "stdout"])).toEqual(wanted);
        }
      },
    ),
  );
});
