// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHelperRunner } from "../../../src/remote/credentials/run-helper.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "green-helper-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a helper that is the given shell script. */
function ask(script: string, timeoutMs?: number) {
  const program = join(directory, "docker-credential-test");
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  const env = { PATH: `${directory}:/usr/bin:/bin`, SECRET: "hunter2" };
  return createHelperRunner({ env, timeoutMs })("test", "registry.example");
}

async function failureOf(script: string, timeoutMs?: number): Promise<Error> {
  const failure = await ask(script, timeoutMs).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(failure).toMatchObject({ code: "environment", hint: expect.stringContaining("credsStore") });
  expect(`${failure}${JSON.stringify(failure)}${(failure as Error).cause}`).not.toContain("hunter2");
  return failure as Error;
}

test("the helper gets the server on its input, and only `get` as an argument", async () => {
  const script = `read -r server; echo '{"ServerURL":"x","Username":"'"$* for $server"'","Secret":"s:1"}'`;
  expect(await ask(script)).toEqual({ kind: "basic", username: "get for registry.example", password: "s:1" });
});

test("a user called <token> has a refresh token", async () => {
  expect(await ask(`echo '{"Username":"<token>","Secret":"t"}'`)).toEqual({
    kind: "identity-token",
    token: "t",
  });
});

test("a helper that has nothing says so", async () => {
  expect(await ask("echo 'credentials not found in native keychain'; exit 1")).toBeUndefined();
  expect(await ask(`echo '{"Username":"","Secret":""}'`)).toBeUndefined();
});

test.each([
  ['echo "$SECRET"; echo "$SECRET" >&2; exit 3', "status 3"],
  ['echo "$SECRET"', "cannot be understood"],
  [`echo '{"Secret":"hunter2"}'`, "cannot be understood"],
  ["echo null", "cannot be understood"],
  ["kill -9 $$", "killed"],
  ["yes hunter2", "prints too much"],
])("a helper that does `%s` fails: %s", async (script, why) => {
  expect((await failureOf(script)).message).toContain(why);
});

test("a helper that hangs is killed", async () => {
  const start = performance.now();
  expect((await failureOf("exec sleep 60", 300)).message).toContain("within 0.3 s");
  expect(performance.now() - start).toBeLessThan(10_000);
});

test.each([["missing-for-sure"], ["../test"], ["a/b"], [""], ["-x"]])("%j is no helper", async (name) => {
  const run = createHelperRunner({ env: { PATH: directory } });
  await expect(run(name, "h")).rejects.toMatchObject({ code: "environment" });
});
