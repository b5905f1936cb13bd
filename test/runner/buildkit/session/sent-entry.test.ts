// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { inSentOrder, type SentEntry } from "../../../../src/runner/buildkit/session/sent-entry.ts";
import { statOf } from "../../../../src/runner/buildkit/session/sent-stat.ts";

const name = fc.string({ unit: fc.constantFrom("a", "b", "-", ".", "ü", "~"), minLength: 1, maxLength: 3 });
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));

/** As a walk that lists a directory before what is in it, and names by their bytes. */
function walked(paths: readonly string[], prefix = ""): readonly string[] {
  const first = (each: string) => each.slice(prefix.length).split("/")[0] ?? "";
  const names = [...new Set(paths.filter((each) => each.startsWith(prefix)).map(first))];
  return names
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .flatMap((each) => {
      const own = `${prefix}${each}`;
      const inside = paths.filter((other) => other.startsWith(`${own}/`));
      return [...(paths.includes(own) ? [own] : []), ...walked(inside, `${own}/`)];
    });
}

test("entries are sent as a walk finds them", () => {
  fc.assert(
    fc.property(fc.uniqueArray(path), (paths) => {
      const entries = paths.map((each): SentEntry => ({ kind: "directory", path: each }));
      expect(inSentOrder(entries).map((entry) => entry.path)).toEqual(walked(paths));
    }),
  );
});

const file = { kind: "file", path: "f", executable: false, size: 3, from: "/f", digest: undefined } as const;

test("nothing of this machine is told of an entry but its name, size and whether it can be executed", () => {
  expect(statOf(file)).toMatchObject({
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 3n,
    modTime: 1153704088n * 10n ** 9n,
  });
  expect(statOf({ ...file, executable: true }).mode).toBe(0o755);
  expect(statOf({ kind: "directory", path: "d" }).mode).toBe(0o20000000755);
  expect(statOf({ kind: "link", path: "l", target: "../x" })).toMatchObject({
    linkname: "../x",
    mode: 0o1000000777,
  });
});

test("files of the same size have another time if they have another content", () => {
  const times = ["0", "1"].map(
    (digit) => statOf({ ...file, digest: `${digit.repeat(13)}${"0".repeat(51)}` }).modTime,
  );
  expect(new Set(times).size).toBe(2);
});
