// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { unitsAtOnce } from "../../../src/broker/container/units-at-once.ts";
import { parseCargoInvocation } from "../../../src/cargo/invocation.ts";

const AS_SAID = { asked: undefined, run: undefined };

function atOnce(line: string, { env = {}, configured = false, processors = 2 } = {}) {
  const config = { has: (...path: string[]) => configured && path.join(".") === "build.jobs" };
  return unitsAtOnce(parseCargoInvocation(line.split(" ")), env, config, processors);
}

describe("how many units there are at once", () => {
  test("Cargo asks for more than run, but not for any number", () => {
    expect(atOnce("build --release")).toEqual({ asked: 8, run: 2 });
    expect(atOnce("build", { processors: 16 })).toEqual({ asked: 32, run: 16 });
    expect(atOnce("build", { processors: 64 })).toEqual(AS_SAID);
  });

  test.each(["build -j 4", "build -j4", "build -vj4", "b --jobs 4", "t --jobs=4 x"])("%j says it", (line) => {
    expect(atOnce(line)).toEqual(AS_SAID);
  });

  test("a variable and Cargo's configuration say it, and what is the program's or other options' does not", () => {
    expect(atOnce("build", { env: { CARGO_BUILD_JOBS: "3" } })).toEqual(AS_SAID);
    expect(atOnce("build", { configured: true })).toEqual(AS_SAID);
    for (const line of ["run -- -j4", "build -pjson", "build -Fj"]) {
      expect(atOnce(line)).toEqual({ asked: 8, run: 2 });
    }
  });
});
