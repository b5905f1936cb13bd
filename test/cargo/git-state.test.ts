// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { nodeFiles } from "../../src/cargo/files.ts";
import { gitState } from "../../src/cargo/git-state.ts";
import { runProgram } from "../../src/cargo/run-program.ts";

const directory = mkdtempSync(join(tmpdir(), "green-git-"));
afterAll(() => rmSync(directory, { recursive: true }));

const env = new Map([
  ["PATH", process.env["PATH"] ?? ""],
  ["HOME", directory],
]);
const tools = { files: nodeFiles(), run: runProgram };

function git(at: string, ...args: readonly string[]): void {
  const author = ["-c", "user.name=n", "-c", "user.email=e@example.org"];
  execFileSync("git", [...author, ...args], { cwd: at, env: Object.fromEntries(env), stdio: "ignore" });
}

async function digest(at: string): Promise<string> {
  const state = await gitState(at, env, tools);
  if (typeof state !== "object") throw new Error(`${state}`);
  return state.digest;
}

describe("gitState", () => {
  it("changes with commits, tags, changed and untracked files, and comes back with them", async () => {
    const repository = join(directory, "repository");
    const member = join(repository, "member");
    mkdirSync(member, { recursive: true });
    git(repository, "init", "-q");
    git(repository, "commit", "-q", "--allow-empty", "-m", "one");
    const first = await gitState(member, env, tools);
    expect(first).toMatchObject({ head: expect.stringMatching(/^[0-9a-f]{40}$/), dirty: false });
    const states = [await digest(member)];
    writeFileSync(join(repository, "new"), "");
    states.push(await digest(member));
    expect(await gitState(member, env, tools)).toMatchObject({ dirty: true });
    rmSync(join(repository, "new"));
    expect(await digest(member)).toBe(states[0]);
    git(repository, "tag", "v1");
    states.push(await digest(member));
    git(repository, "commit", "-q", "--allow-empty", "-m", "two");
    states.push(await digest(member));
    git(repository, "checkout", "-q", "-b", "other");
    states.push(await digest(member));
    expect(new Set(states).size).toBe(states.length);

    git(directory, "clone", "-q", "--depth=1", `file://${repository}`, "shallow");
    git(directory, "clone", "-q", `file://${repository}`, "deep");
    expect(await digest(join(directory, "shallow"))).not.toBe(await digest(join(directory, "deep")));
  });

  it("is unknown where git cannot tell, and undefined where there is no repository", async () => {
    const broken = join(directory, "broken");
    mkdirSync(join(broken, ".git"), { recursive: true });
    expect(await gitState(broken, env, tools)).toBe("unknown");
    expect(await gitState(broken, new Map([["PATH", "/nowhere"]]), tools)).toBe("unknown");
    const files = { exists: () => false, readText: async () => undefined };
    expect(await gitState("/a/b", env, { files, run: runProgram })).toBeUndefined();
  });
});
