// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openPodmanRunner } from "../../../src/runner/podman/open-podman-runner.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

const signal = new AbortController().signal;

/** A podman that says something, whatever it is asked. */
function open(says: string) {
  const directory = temporaryDirectory();
  const program = join(directory, "podman");
  writeFileSync(program, `#!/bin/sh\n${says}\n`);
  chmodSync(program, 0o755);
  return openPodmanRunner({ program, env: {}, directory: join(directory, "d"), signal }).then(
    async (runner) => {
      expect(readdirSync(join(directory, "d"))).toHaveLength(1);
      await runner.close();
      expect(readdirSync(join(directory, "d"))).toEqual([]);
      return runner.kind;
    },
  );
}

test("podman 4.3 and newer is used", async () => {
  for (const version of ["4.3.1", "5.6.0-rc1", "10.0.0"]) {
    expect(await open(`echo podman version ${version}`)).toBe("podman");
  }
});

test.each([
  ["echo podman version 4.2.9", "podman 4.2.9 is too old"],
  ["echo podman version 3.4.4", "podman 3.4.4 is too old"],
  ["echo no runtime dir >&2; exit 125", "does not say its version: no runtime dir"],
  ["echo Docker version 28", "does not say its version: Docker version 28"],
])("%j is not", async (says, message) => {
  await expect(open(says)).rejects.toMatchObject({
    ...{ code: "environment", message: expect.stringContaining(message), side: "podman" },
    hint: expect.stringContaining("runner"),
  });
});

test("that there is none is said", async () => {
  const options = { program: "/nowhere/podman", env: {}, directory: temporaryDirectory(), signal };
  await expect(openPodmanRunner(options)).rejects.toMatchObject({
    ...{ code: "environment", message: 'There is no program "/nowhere/podman"' },
  });
});
