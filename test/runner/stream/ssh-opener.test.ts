// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sshCommand, sshOpener } from "../../../src/runner/stream/ssh-opener.ts";
import { parseSsh } from "../../../src/runner/stream/stream-address.ts";

let bin: string;

beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), "green-ssh-"));
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));

const HINTS = {
  side: "far",
  startHint: "start it",
  permissionHint: "join its group",
  otherHint: "is it that?",
};

/** What comes out of a stream to a program `ssh` that is this shell script; `input` is what it is sent. */
async function through(script: string, input = ""): Promise<string> {
  writeFileSync(join(bin, "ssh"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, "ssh"), 0o755);
  const env = { PATH: [bin, process.env["PATH"]].join(delimiter) };
  const open = sshOpener(parseSsh("ssh://me@far:2222"), {
    ...HINTS,
    env,
    command: ["docker", "system", "dial-stdio"],
  });
  const stream = await open();
  stream.end(input);
  return text(stream);
}

test("ssh is started as docker starts it, and its words over there are one shell's words each", () => {
  const address = parseSsh("ssh://me@far:2222");
  expect(sshCommand(address, ["docker", "--host=unix:///it's here", "system"])).toEqual([
    ...["ssh", "-l", "me", "-p", "2222", "-o", "ConnectTimeout=30", "-T", "--", "far"],
    "docker '--host=unix:///it'\\''s here' system",
  ]);
  expect(sshCommand(parseSsh("ssh://far"), ["buildctl"])).toEqual([
    ...["ssh", "-o", "ConnectTimeout=30", "-T", "--", "far", "buildctl"],
  ]);
});

test("what is written reaches the program, and what it prints comes back, all of it", async () => {
  const long = "0123456789".repeat(100_000);
  expect(await through("cat", long)).toBe(long);
});

test.each([
  [
    "Permission denied (publickey,password).",
    255,
    "denied",
    "did not let us in: me@far: Permission denied (publickey",
  ],
  ["Host key verification failed.", 255, "denied", "ssh does not know ssh://me@far:2222"],
  [
    "ssh: Could not resolve hostname far",
    255,
    "unreachable",
    "cannot be reached: me@far: ssh: Could not resolve",
  ],
  ["sh: 1: docker: not found", 127, "unreachable", "There is no `docker` at ssh://me@far:2222"],
  ["dial unix /var/run/docker.sock: permission denied", 1, "denied", "may not be used by you"],
  ["dial unix /var/run/docker.sock: no such file", 1, "unreachable", "no such file"],
])("that ssh says %j is an error in its own words", async (words, status, code, message) => {
  await expect(through(`echo "me@far: ${words}" >&2; exit ${status}`)).rejects.toMatchObject({
    ...{ code, side: "far" },
    message: expect.stringContaining(message),
    hint: expect.any(String),
  });
});

test("that there is no ssh says so", async () => {
  const open = sshOpener(parseSsh("ssh://far"), { ...HINTS, env: { PATH: "/nowhere" }, command: ["docker"] });
  await expect(text(await open())).rejects.toMatchObject({
    code: "environment",
    message: "ssh://far cannot be reached: there is no program `ssh`",
  });
});
