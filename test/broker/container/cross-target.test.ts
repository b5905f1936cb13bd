// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { expect, test } from "vitest";
import { crossVariables, findCross } from "../../../src/broker/container/cross-target.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { writeFiles } from "../../support/files.ts";

const ARM = "aarch64-unknown-linux-gnu";

function project(): string {
  const directory = temporaryDirectory();
  writeFiles(directory, {
    "Cross.toml": `[target.${ARM}]\npre-build = "ci/before.sh"\n[target.x]\npre-build = "none.sh"\n`,
    "ci/before.sh": "echo before\n",
    "ci/Other.toml": `[target.${ARM}]\nimage = "ann/image:1"\n`,
  });
  return directory;
}

test("a Cross.toml counts for the one target that is built, with the script that it names", async () => {
  const directory = project();
  const found = await findCross([ARM], directory, {});
  expect([found?.target.triple, found?.script]).toEqual([ARM, "echo before\n"]);
  expect(await findCross([], directory, {})).toBeUndefined();
  expect(await findCross([ARM, "x"], directory, {})).toBeUndefined();
  expect(await findCross(["y"], directory, {})).toBeUndefined();
  expect(await findCross([ARM], join(directory, "ci"), {})).toBeUndefined();
  await expect(findCross(["x"], directory, {})).rejects.toThrow("none.sh");
});

test("CROSS_CONFIG names another one", async () => {
  const found = await findCross([ARM], project(), { CROSS_CONFIG: "ci/Other.toml" });
  expect(found?.target.image).toBe("ann/image:1");
});

test("variables are passed through that are set, and those with a value of their own have that", () => {
  const target = { passthrough: ["SET", "UNSET", "B"], env: new Map([["B", "given"]]) };
  expect(Object.fromEntries(crossVariables(target, { SET: "s", B: "b" }))).toEqual({ SET: "s", B: "given" });
});
