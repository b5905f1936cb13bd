// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Running } from "../../../hack/engine.d/running.ts";

let root: string;
let directory: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "green-running-"));
  directory = join(root, "run");
  mkdirSync(directory);
});

afterEach(async () => {
  await new Running(directory).stop(process.env);
  rmSync(root, { recursive: true, force: true });
});

function daemon(script: string) {
  const env = { PATH: process.env["PATH"] ?? "" };
  return { argv: ["sh", "-c", script], env, ready: (log: string) => log.includes("serving") };
}

function notedPid(name: string): number {
  return JSON.parse(readFileSync(join(directory, "running.json"), "utf8")).processes[name].pid;
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("what was started", () => {
  test("is known to whoever comes later, who ends it and removes what it made", async () => {
    await new Running(directory).start("one", daemon("echo serving; exec sleep 60"));
    const later = new Running(directory);
    expect(later.names()).toEqual(["one"]);
    const pid = notedPid("one");
    await later.stop(process.env);
    await expect.poll(() => isThere(pid)).toBe(false); // Node hears a little later that its child ended
    expect(existsSync(directory)).toBe(false);
    expect(later.names()).toEqual([]);
  });

  test("and does not serve is told with what it said, and ended with the rest", async () => {
    const running = new Running(directory);
    await expect(running.start("one", daemon("echo no disk; exit 1"))).rejects.toThrow(/no disk/);
    expect(running.names()).toEqual([]);
  });

  test("is not another process that has its number now", async () => {
    const running = new Running(directory);
    await running.start("one", daemon("echo serving; exec sleep 60"));
    const path = join(directory, "running.json");
    const noted = JSON.parse(readFileSync(path, "utf8"));
    const { pid, started } = noted.processes.one;
    noted.processes.one = { pid, started: `${started}0` };
    writeFileSync(path, JSON.stringify(noted));
    expect(running.names()).toEqual([]);
    await running.stop(process.env);
    expect(process.kill(pid, 0)).toBe(true);
    process.kill(pid, "SIGKILL");
  });
});
