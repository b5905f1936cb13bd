// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { nextLink } from "../../../src/remote/registry/link-header.ts";

test.each([
  ['</v2/a/tags/list?last=x&n=2>; rel="next"', "/v2/a/tags/list?last=x&n=2"],
  ["</v2/a/tags/list?last=x>;rel=next", "/v2/a/tags/list?last=x"],
  [
    '<https://registry.example/v2/a>; title="a, b; rel=last"; REL="prev Next"',
    "https://registry.example/v2/a",
  ],
  ['</first>; rel="first", </next>; rel="next"', "/next"],
  ['</a>; rel="prev"; rel="next"', undefined],
  ['</a>; title="rel=next"', undefined],
  ["</a>", undefined],
  ["rel=next", undefined],
  ["", undefined],
])("%s leads to %s", (header, target) => {
  expect(nextLink(header)).toBe(target);
});

test("the link is found wherever it stands among others", () => {
  const target = fc.stringMatching(/^\/[a-z0-9?&=%,;"-]{0,20}$/);
  const other = fc.record({ target, relation: fc.constantFrom("prev", "first", "last", "nextish") });
  const link = (to: string, relation: string) => `<${to}>; title="x, \\" y"; rel="${relation}"`;
  fc.assert(
    fc.property(fc.array(other), target, fc.array(other), (before, next, after) => {
      const links = [
        ...before.map((each) => link(each.target, each.relation)),
        link(next, "next"),
        ...after.map((each) => link(each.target, each.relation)),
      ];
      expect(nextLink(links.join(", "))).toBe(next);
    }),
  );
});

test("anything is read, and soon", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'<>;,=" \\\trelnext/') }),
      (header) => nextLink(header) !== null,
    ),
  );
  const start = performance.now();
  for (const hostile of ["<", "<a>", '<a>"', ";", "<a>;", '<a>;a="\\', ", "])
    nextLink(hostile.repeat(20_000));
  expect(performance.now() - start).toBeLessThan(2000);
});
