// SPDX-License-Identifier: MIT OR Apache-2.0
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ShimRequest } from "../../src/broker/protocol.ts";
import { utf8Request } from "../../src/broker/utf8-request.ts";

const wire = (text: string) => Buffer.from(text, "utf8").toString("latin1");

function request(part: Partial<ShimRequest>): ShimRequest {
  return { role: "rustc", cwd: "/", argv: ["rustc"], env: new Map(), ...part };
}

describe("utf8Request", () => {
  it("decodes paths, arguments and variables", () => {
    const decoded = utf8Request(
      request({
        cwd: wire("/zoë"),
        argv: ["rustc", wire("ö.rs")],
        env: new Map([["Ä", "é"].map(wire) as [string, string]]),
      }),
    );
    expect(decoded).toEqual(request({ cwd: "/zoë", argv: ["rustc", "ö.rs"], env: new Map([["Ä", "é"]]) }));
  });

  it("gives up exactly if the directory or an argument is not UTF-8", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
        const latin1 = Buffer.from(bytes).toString("latin1");
        const text = isUtf8(bytes) ? Buffer.from(bytes).toString("utf8") : undefined;
        expect(utf8Request(request({ cwd: latin1 }))?.cwd).toBe(text);
        expect(utf8Request(request({ argv: ["rustc", latin1] }))?.argv[1]).toBe(text);
      }),
    );
  });

  it("keeps values that are not UTF-8 apart from one another and from all text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (one, other) => {
        fc.pre(!Buffer.from(one).equals(other));
        const value = (bytes: Uint8Array) =>
          utf8Request(request({ env: new Map([["X", Buffer.from(bytes).toString("latin1")]]) }))?.env.get(
            "X",
          );
        expect(value(one)).not.toBe(value(other));
      }),
    );
  });

  it("does without variables whose name is not UTF-8", () => {
    const env = new Map([
      ["\xff", "x"],
      ["A", "1"],
    ]);
    expect(utf8Request(request({ env }))?.env).toEqual(new Map([["A", "1"]]));
  });
});
