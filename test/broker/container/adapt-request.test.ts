// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { adaptRequest } from "../../../src/broker/container/adapt-request.ts";

test("compilations in containers are not incremental", () => {
  const argv = ["rustc", "-C", "metadata=0", "-C", "incremental=/t/debug/incremental", "--out-dir", "/t"];
  const adapted = adaptRequest({ role: "rustc", cwd: "/", argv, env: new Map() }, new Map());
  expect(adapted.argv).toEqual(["rustc", "-C", "metadata=0", "--out-dir", "/t"]);
  expect(adapted.env.has("SOURCE_DATE_EPOCH")).toBe(false);
});

test("build scripts have one date, unless the user has one", () => {
  const request = { role: "build-script", cwd: "/", argv: ["script"] } as const;
  const dateOf = (env: ReadonlyMap<string, string>) =>
    adaptRequest({ ...request, env }, new Map()).env.get("SOURCE_DATE_EPOCH");
  expect(dateOf(new Map())).toBe("1000000000");
  expect(dateOf(new Map([["SOURCE_DATE_EPOCH", "1"]]))).toBe("1");
});
