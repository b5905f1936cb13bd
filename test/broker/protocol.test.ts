// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encode,
  FrameDecoder,
  finishLike,
  MAX_FRAME_BYTES,
  type Message,
  ROLES,
} from "../../src/broker/protocol.ts";
import { GreenError } from "../../src/error.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const text = bytes.map((buffer) => buffer.toString("latin1"));
const list = fc.array(text, { maxLength: 8 });
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const name = text.filter((word) => word !== "" && !word.includes("="));
const env = fc.array(fc.tuple(name, text), { maxLength: 8 }).map((entries) => new Map(entries));

const message: fc.Arbitrary<Message> = fc.oneof(
  fc
    .record({ role: fc.constantFrom(...ROLES), cwd: text, argv: fc.array(text, { minLength: 1 }), env })
    .map((request): Message => ({ kind: "request", request })),
  fc
    .record({
      exit: fc.oneof(
        i32.map((code) => ({ how: "exited" as const, code })),
        i32.map((signal) => ({ how: "signalled" as const, signal })),
      ),
      complete: fc.boolean(),
      stdout: bytes,
      stderr: bytes,
    })
    .map((result): Message => ({ kind: "done", result })),
  fc.constant<Message>({ kind: "exec" }),
  fc.constant<Message>({ kind: "cancel" }),
  fc
    .record({ hold: fc.boolean(), argv: list, setEnv: env, unsetEnv: list })
    .map((run): Message => ({ kind: "run", ...run })),
  fc
    .record({ code: i32, stdout: bytes, stderr: bytes })
    .map((finish): Message => ({ kind: "finish", ...finish })),
);

/** Cuts a stream at these places (any numbers). */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const at = places.map((place) => place % (stream.length + 1)).sort((a, b) => a - b);
  return [0, ...at].map((from, index) => stream.subarray(from, at[index] ?? stream.length));
}

describe("the codec", () => {
  it("gives back what was sent, however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat()), (sent, places) => {
        const decoder = new FrameDecoder();
        const received = cut(Buffer.concat(sent.map(encode)), places).flatMap((chunk) => decoder.push(chunk));
        expect(received).toEqual(sent);
      }),
    );
  });

  it("answers garbage with a protocol error or with nothing, never otherwise", () => {
    const garbled = fc.tuple(message, fc.nat(), fc.nat({ max: 255 })).map(([good, place, byte]) => {
      const frame = encode(good);
      frame[place % frame.length] = byte;
      return frame;
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(garbled, bytes)), (chunks) => {
        const decoder = new FrameDecoder();
        try {
          for (const chunk of chunks) decoder.push(chunk);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(GreenError);
          expect(thrown).toMatchObject({ code: "protocol" });
        }
      }),
      { numRuns: 500 },
    );
  });

  it("has the layout that docs/protocol.md gives, which shim/main.rs follows", () => {
    const request = {
      role: "build-script",
      cwd: "/d",
      argv: ["a\xff"],
      env: new Map([["N", "=v"]]),
    } as const;
    expect(encode({ kind: "request", request }).toString("hex")).toBe(
      [
        ...["20000000", "01", "0200", "02", "02000000", "2f64"],
        ...["01000000", "02000000", "61ff", "01000000", "04000000", "4e3d3d76"],
      ].join(""),
    );
    expect(encode({ kind: "run", hold: true, argv: ["a"] }).toString("hex")).toBe(
      ["13000000", "11", "01", "01000000", "01000000", "61", "00000000", "00000000"].join(""),
    );
    expect(encode({ kind: "exec" }).toString("hex")).toBe("0100000010");
    expect(encode({ kind: "cancel" }).toString("hex")).toBe("0100000013");
  });

  it("refuses another version, an unknown type, a frame too long and bytes too many", () => {
    const refused = (hex: string) => () => new FrameDecoder().push(Buffer.from(hex, "hex"));
    expect(refused("04000000" + "01" + "0300" + "00")).toThrow("version 3");
    expect(refused("0100000003")).toThrow("unknown type 3");
    expect(refused("0200000010" + "00")).toThrow("trailing bytes");
    expect(refused("00000000")).toThrow("0 bytes");
    const head = Buffer.alloc(4);
    head.writeUInt32LE(MAX_FRAME_BYTES + 1);
    expect(refused(head.toString("hex"))).toThrow(`${MAX_FRAME_BYTES + 1} bytes`);
  });

  it("takes the first of two variables of one name, as getenv does", () => {
    const request = { role: "rustc", cwd: "/", argv: ["a"], env: new Map([["=N", "first"]]) } as const;
    const once = encode({ kind: "request", request });
    const entry = Buffer.from("\x08\0\0\0=N=other");
    const twice = Buffer.concat([once, entry]);
    twice.writeUInt32LE(twice.length - 4);
    twice.writeUInt32LE(2, once.length - entry.length - 4); // the count of variables
    const [decoded] = new FrameDecoder().push(twice);
    expect(decoded).toEqual({ kind: "request", request });
  });

  it("ends a shim like its child", () => {
    const result = { complete: true, stdout: Buffer.from("x"), stderr: Buffer.alloc(0) };
    expect(finishLike({ ...result, exit: { how: "exited", code: 101 } })).toMatchObject({ code: 101 });
    expect(finishLike({ ...result, exit: { how: "signalled", signal: 11 } })).toMatchObject({
      code: 139,
      stdout: Buffer.alloc(0),
    });
  });
});
