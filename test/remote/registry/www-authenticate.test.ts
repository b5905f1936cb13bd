// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenges } from "../../../src/remote/registry/www-authenticate.ts";

test.each([
  [
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
    [
      [
        "bearer",
        {
          ...{ realm: "https://auth.example/token", service: "registry.example" },
          scope: "repository:a/b:pull,push",
        },
      ],
    ],
  ],
  ["BASIC Realm=x", [["basic", { realm: "x" }]]],
  ["bearer realm=https://auth.example/token", [["bearer", { realm: "https://auth.example/token" }]]],
  [
    'Negotiate dG9rZW4=, Basic realm="a, b", , Bearer realm = "c\\"d"',
    [
      ["negotiate", {}],
      ["basic", { realm: "a, b" }],
      ["bearer", { realm: 'c"d' }],
    ],
  ],
  [
    'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
    [
      ["newauth", { realm: "apps", type: "1", title: 'Login to "apps"' }],
      ["basic", { realm: "simple" }],
    ],
  ],
  ['Basic realm="first", realm="second"', [["basic", { realm: "first" }]]],
  ['Basic realm="never closed', [["basic", {}]]],
  ["Basic __proto__=x", [["basic", JSON.parse('{"__proto__":"x"}')]]],
  ["", []],
  ["=", []],
])("%s", (header, expected) => {
  const found = parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]);
  expect(found).toEqual(expected);
});

test("what is written as the grammar has it is read as it was meant", () => {
  const token = fc.stringMatching(/^[a-z][a-z0-9!#$%&'*+.^_`|~-]{0,8}$/);
  const challenge = fc.record({
    scheme: token,
    parameters: fc.dictionary(token, fc.string({ minLength: 1 }), { minKeys: 1, noNullPrototype: true }),
  });
  const space = fc.constantFrom("", " ", "\t");
  fc.assert(
    fc.property(fc.array(challenge, { minLength: 1 }), space, (challenges, pad) => {
      const header = challenges
        .map(({ scheme, parameters }) => {
          const texts = Object.entries(parameters).map(
            ([name, value]) => `${name.toUpperCase()}${pad}=${pad}"${value.replace(/["\\]/g, "\\$&")}"`,
          );
          return `${scheme} ${texts.join(`${pad},${pad}`)}`;
        })
        .join(`${pad},,${pad}`);
      const found = parseChallenges(header);
      expect(found.map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } }))).toEqual(
        challenges,
      );
    }),
  );
});

test("anything is read, and soon", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'=," \\\tBasic/é\u0000') }),
      (header) => parseChallenges(header).length >= 0,
    ),
  );
  const start = performance.now();
  for (const hostile of ["a", "a=", '"', 'a="\\', "a,", "a ", "=="]) parseChallenges(hostile.repeat(20_000));
  expect(performance.now() - start).toBeLessThan(2000);
});
