// SPDX-License-Identifier: MIT OR Apache-2.0
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { FileAnswer } from "../../../src/runner/buildkit/file-answer.ts";
import { ReadFileResponseSchema } from "../../../src/runner/buildkit/proto/gateway_pb.ts";

/** As a builder sends it. */
function answerOf(data: Buffer): Buffer {
  const message = toBinary(ReadFileResponseSchema, create(ReadFileResponseSchema, { Data: data }));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function read(bytes: Buffer, pieceBytes: number, room: number): Buffer {
  const into = Buffer.alloc(room);
  const answer = new FileAnswer(into);
  for (let at = 0; at < bytes.length; at += pieceBytes) answer.take(bytes.subarray(at, at + pieceBytes));
  return into.subarray(0, answer.end());
}

const malformed = expect.objectContaining({ code: Code.Internal });

describe("a file's bytes", () => {
  test.each([0, 1, 4, 5, 127, 128, 16_383, 16_384, 70_000])("are taken as they come: %i", (length) => {
    const data = Buffer.alloc(length, "data of a file ");
    for (const pieceBytes of [1, 3, 7, 11, 16_384, 100_000]) {
      expect(read(answerOf(data), pieceBytes, length).equals(data)).toBe(true);
    }
  });

  test("may be fewer than there is room for, and never more", () => {
    expect(read(answerOf(Buffer.from("abc")), 4, 10)).toEqual(Buffer.from("abc"));
    expect(() => read(answerOf(Buffer.from("abcd")), 4, 3)).toThrow(malformed);
  });

  const whole = answerOf(Buffer.from("0123456789"));
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(whole);
    copy[at] = value;
    return copy;
  };
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["a part of the prefix", whole.subarray(0, 3)],
    ["less than announced", whole.subarray(0, -1)],
    ["more than announced", Buffer.concat([whole, Buffer.from("x")])],
    ["compressed bytes", changed(0, 1)],
    ["another field", changed(5, 0x12)],
    ["another length of the message", changed(4, whole.length)],
    ["another length of the field", changed(6, 9)],
    ["something behind an empty message", Buffer.from([0, 0, 0, 0, 0, 0x0a])],
  ])("are not taken from %s", (_, bytes) => {
    for (const pieceBytes of [1, 100]) expect(() => read(bytes, pieceBytes, 100)).toThrow(malformed);
  });
});
