// SPDX-License-Identifier: MIT OR Apache-2.0
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { askCargo } from "../../../src/broker/replay/ask-cargo.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

/** Asks a script in Cargo's place. */
async function ask(script: string) {
  const cwd = temporaryDirectory();
  const cargo = join(cwd, "cargo");
  writeFileSync(cargo, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const status: string[] = [];
  const env = { PATH: process.env["PATH"], CARGO: cargo, GONE: undefined };
  const answer = await askCargo({
    ...{ toolchain: undefined, args: ["a b"], env, cwd },
    onStatus: (line) => status.push(line),
  });
  return { ...answer, status };
}

describe("Cargo, asked something", () => {
  it("answers, and what it will not say again is passed on at once", async () => {
    const { status, ...answer } = await ask(`
      printf '    Updating crates.io index\\n' >&2
      printf 'warning: unused manifest key\\n   Compiling x\\n' >&2
      printf '\\033[1m\\033[92m  Downloaded\\033[0m leaf v1.0.0\\n' >&2
      printf '    Blocking waiting for file lock on package cache\\ninfo: syncing channel updates\\n' >&2
      echo "$1"`);
    expect(answer).toEqual({ code: 0, stdout: "a b\n", complaint: undefined });
    expect(status).toEqual([
      "    Updating crates.io index",
      "\x1b[1m\x1b[92m  Downloaded\x1b[0m leaf v1.0.0",
      "    Blocking waiting for file lock on package cache",
      "info: syncing channel updates",
    ]);
  });

  it("says what is wrong, in its first complaint", async () => {
    const { code, complaint } = await ask(`
      printf 'warning: odd\\n\\033[1m\\033[31merror\\033[0m: no such thing\\n\\nCaused by:\\n  error: deeper\\n' >&2
      exit 101`);
    expect({ code, complaint }).toEqual({ code: 101, complaint: "no such thing" });
  });

  it("may not be there, or be killed", async () => {
    const env = { CARGO: "/none/cargo" };
    const answer = await askCargo({ toolchain: undefined, args: [], env, cwd: "/" });
    expect(answer).toMatchObject({ code: undefined, complaint: expect.stringContaining("ENOENT") });
    expect(await ask("kill -9 $$")).toMatchObject({ code: undefined, stdout: "", complaint: undefined });
  });
});
