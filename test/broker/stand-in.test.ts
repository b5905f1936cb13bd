// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { placeStandIn, REAL_SUFFIX, replaceByStandIn } from "../../src/broker/stand-in.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

function compiled() {
  const directory = temporaryDirectory();
  const shim = join(temporaryDirectory(), "shim");
  writeFileSync(shim, "shim", { mode: 0o600 });
  const executable = join(directory, "build_script_build-0123");
  writeFileSync(executable, "real", { mode: 0o755 });
  return { directory, shim, executable };
}

test("the real executable gets another name, and an executable copy of the shim takes its place", async () => {
  const { directory, shim, executable } = compiled();
  await replaceByStandIn(executable, shim);
  expect(readdirSync(directory)).toHaveLength(2);
  expect(readFileSync(executable, "utf8")).toBe("shim");
  expect(readFileSync(executable + REAL_SUFFIX, "utf8")).toBe("real");
  for (const path of [executable, executable + REAL_SUFFIX]) expect(statSync(path).mode & 0o777).toBe(0o755);
  // A linker that writes in place must not reach the shim of all builds.
  expect(statSync(executable).ino).not.toBe(statSync(shim).ino);
});

test("where no stand-in can be placed, everything is left as it was", async () => {
  const { directory, shim, executable } = compiled();
  await expect(replaceByStandIn(executable, `${shim}-gone`)).rejects.toMatchObject({ code: "ENOENT" });
  expect(readdirSync(directory)).toEqual(["build_script_build-0123"]);
  expect(readFileSync(executable, "utf8")).toBe("real");
  await expect(placeStandIn(executable, `${shim}-gone`)).rejects.toMatchObject({ code: "ENOENT" });
  expect(readdirSync(directory)).toEqual(["build_script_build-0123"]);
});
