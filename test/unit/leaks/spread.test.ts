// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { type ClassifiedRecord, spreadLeaks } from "../../../src/unit/leaks/spread.ts";
import { sampleRecord } from "../../store/fixtures/sample-record.ts";

function record(
  name: string,
  below: readonly ClassifiedRecord[] = [],
  privacy: "public" | "private" = "public",
): ClassifiedRecord {
  const dependencies = below.map(({ instance }) => instance);
  return { ...sampleRecord({ name, identity: { package: name, kind: "lib" }, privacy }), dependencies };
}

test("what stands on a unit with a leak is private too, and says why", () => {
  const ring = record("ring");
  const rustls = record("rustls", [ring]);
  const serde = record("serde");
  const app = record("app", [serde, rustls]);
  const records = [app, rustls, serde, ring]; // in any order
  const classes = spreadLeaks(records, ({ identity }) =>
    identity.package === "ring" ? [{ what: "home directory", where: "a.o" }] : [],
  );
  const reasons = records.map(({ instance }) => classes.get(instance)?.reason);
  expect(reasons).toEqual([
    "depends on rustls → ring (its output contains the home directory)",
    "depends on ring (its output contains the home directory)",
    serde.privacy.reason,
    "its output contains the home directory",
  ]);
  expect([...spreadLeaks(records, () => []).values()].map((each) => each.class)).toEqual(
    Array(4).fill("public"),
  );
});

test("what was private stays so without a look at its files, and what is unknown below makes private", () => {
  const secret = record("secret", [], "private");
  const above = record("above", [secret]);
  const orphan = record("orphan", [record("gone")]);
  const classes = spreadLeaks([above, secret, orphan], ({ identity }) => {
    expect(identity.package).not.toBe("secret");
    return [];
  });
  expect([...classes.values()].map((each) => each.class)).toEqual(["private", "private", "private"]);
  expect(classes.get(orphan.instance)?.reason).toContain("not in the cache");
});
