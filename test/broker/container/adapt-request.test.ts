// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { adaptRequest } from "../../../src/broker/container/adapt-request.ts";

const UNCHANGED = { given: new Map(), kept: [] };

test("compilations in containers are not incremental", () => {
  const argv = ["rustc", "-C", "metadata=0", "-C", "incremental=/t/debug/incremental", "--out-dir", "/t"];
  const adapted = adaptRequest({ role: "rustc", cwd: "/", argv, env: new Map() }, UNCHANGED);
  expect(adapted.argv).toEqual(["rustc", "-C", "metadata=0", "--out-dir", "/t"]);
  expect(adapted.env.has("SOURCE_DATE_EPOCH")).toBe(false);
});

test("build scripts have one date, unless the user has one", () => {
  const request = { role: "build-script", cwd: "/", argv: ["script"] } as const;
  const dateOf = (env: ReadonlyMap<string, string>) =>
    adaptRequest({ ...request, env }, UNCHANGED).env.get("SOURCE_DATE_EPOCH");
  expect(dateOf(new Map())).toBe("1000000000");
  expect(dateOf(new Map([["SOURCE_DATE_EPOCH", "1"]]))).toBe("1");
});

test("units get what is given to all, and not what is kept from them", () => {
  const env = new Map(Object.entries({ TOKEN: "t", A: "a", B: "b" }));
  const changes = { given: new Map([["B", "given"]]), kept: ["TOKEN"] };
  const adapted = adaptRequest({ role: "rustc", cwd: "/", argv: ["rustc"], env }, changes);
  expect(Object.fromEntries(adapted.env)).toEqual({ A: "a", B: "given" });
});
