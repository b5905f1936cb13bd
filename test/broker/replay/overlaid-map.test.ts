// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { OverlaidMap } from "../../../src/broker/replay/overlaid-map.ts";

test("is in all that can be asked of it a copy that was added to", () => {
  const key: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c", "d", "e");
  const entries = fc.array(fc.tuple(key, fc.constantFrom("", "1", "2")));
  fc.assert(
    fc.property(entries, entries, (below, above) => {
      const copy = new Map([...below, ...above]);
      const overlaid = new OverlaidMap(new Map(below), new Map(above));
      expect([...overlaid]).toEqual([...copy]);
      expect([...overlaid.keys()]).toEqual([...copy.keys()]);
      expect([...overlaid.values()]).toEqual([...copy.values()]);
      expect(overlaid.size).toBe(copy.size);
      for (const key of "abcdef") {
        expect(overlaid.get(key)).toBe(copy.get(key));
        expect(overlaid.has(key)).toBe(copy.has(key));
      }
      const told: [string, string][] = [];
      overlaid.forEach((value, key) => {
        told.push([key, value]);
      });
      expect(told).toEqual([...copy]);
    }),
  );
});
