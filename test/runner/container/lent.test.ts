// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { parseLent } from "../../../src/runner/container/lent.ts";

const env = { HOME: "/home/ann", TOKEN: "t", SSH_AUTH_SOCK: "/run/agent" };
const parse = (secrets: readonly string[], ssh: readonly string[] = []) =>
  parseLent({ secrets, ssh }, { directory: "/w", env });
const sources = (...secrets: readonly string[]) => parse(secrets).secrets.map(({ source }) => source);

test("secrets are written as for docker", () => {
  expect(
    sources("id=a,src=~/.npmrc", "type=file,id=b,source=x", "id=c,env=C", "id=TOKEN", "id=other"),
  ).toEqual([
    { kind: "file", path: "/home/ann/.npmrc" },
    { kind: "file", path: "/w/x" },
    { kind: "variable", name: "C" },
    { kind: "variable", name: "TOKEN" },
    { kind: "file", path: "/w/other" },
  ]);
});

test("so are agents, and those that are not there are told", () => {
  expect(parse([], ["default", "mine=/run/mine"]).agents).toEqual([
    { id: "default", socket: "/run/agent" },
    { id: "mine", socket: "/run/mine" },
  ]);
  const none = () => parseLent({ secrets: [], ssh: ["default"] }, { directory: "/w", env: {} });
  expect(none).toThrow("There is no ssh agent");
});

test.each([["src=x"], ["id=a,src=b,env=C"], ["id=a,mode=0400"], ["a"]])("%j is no secret", (text) => {
  expect(() => parse([text])).toThrow("is no secret");
});

test("two of one id are refused", () => {
  expect(() => parse(["id=a,env=A", "id=a,env=B"])).toThrow('the id "a"');
});
