// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { formatContainers } from "../../../hack/bench.d/containers-report.ts";

test("what a container adds is told of builds of the same round", () => {
  const time = (way: "host" | "buildkit" | "builder-warm", seconds: number) => ({ way, seconds, units: 10 });
  const text = formatContainers([
    ...[time("host", 10), time("buildkit", 11), time("builder-warm", 1)],
    ...[time("host", 50), time("buildkit", 51), time("host", 20), time("buildkit", 22)],
  ]);
  expect(text).toContain("holds  what a container adds to a unit: 100 ms, allowed 120 ms");
  expect(text).toContain("FAILS  a unit whose result the builder has: 100 ms, allowed 10 ms");
});
