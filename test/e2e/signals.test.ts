// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectPlainFresh } from "../support/fresh.ts";
import { sleep, until } from "../support/process.ts";
import { processesOf } from "../support/processes.ts";
import { onlyGreen, PLAIN, Sandbox } from "../support/sandbox.ts";
import { slowProject } from "../support/slow.ts";

/** How long the processes of an interrupted build may take to be gone. */
const GONE_MS = 5_000;

describe("a build that is interrupted", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    for (const { pid } of processesOf(sandbox.root)) process.kill(pid, "SIGKILL");
    sandbox.dispose();
  });

  const living = () => processesOf(sandbox.root).map(({ command }) => command);

  const gone = () =>
    until("no process lives", () => living().length === 0, GONE_MS).catch((error) => {
      throw new Error(`${error.message}:\n${living().join("\n")}`);
    });

  /** What must hold after any interruption: the next builds, here and elsewhere, are right and complete. */
  async function expectWorks(directory: string, { cached }: { cached: boolean }): Promise<void> {
    await sandbox.green(["build"], { in: directory });
    expect(await sandbox.run(["target/debug/app"], { in: directory })).toBe("slow 42\n");
    await expectPlainFresh(sandbox, ["build"], { in: directory });
    const other = sandbox.checkout(directory, "other");
    const restored = await sandbox.green(["build"], { in: other });
    if (cached) onlyGreen(() => expect(restored.compiled).toEqual([]));
    expect(await sandbox.run(["target/debug/app"], { in: other })).toBe("slow 42\n");
    if (!PLAIN) await sandbox.cache(["verify"]);
  }

  it.for([
    ["^C on the terminal", "SIGINT", "group", "rustc"],
    ["^C on the terminal during a build script", "SIGINT", "group", "build-script"],
    ["a closed terminal", "SIGHUP", "group", "rustc"],
    ["SIGTERM to cargo green alone", "SIGTERM", "alone", "rustc"],
    ["SIGTERM to cargo green alone during a build script", "SIGTERM", "alone", "build-script"],
    ["SIGINT to cargo green alone", "SIGINT", "alone", "rustc"],
    ["SIGINT to cargo green alone during a build script", "SIGINT", "alone", "build-script"],
  ] as const)("by %s ends every process and leaves nothing half-written", async ([, signal, whom, where]) => {
    const project = slowProject(sandbox, "one", where);
    project.hold();
    const build = sandbox.startGreen(["build"], { in: project.directory });
    await project.reached();
    expect(living().length).toBeGreaterThan(0);
    // Plain cargo passes no signal on: in a control run everything gets it.
    process.kill(whom === "group" || PLAIN ? -build.pid : build.pid, signal);
    const ended = await Promise.race([build.ended, sleep(GONE_MS)]);
    if (ended === undefined) throw new Error(`The build goes on: ${living().join("\n")}`);
    expect(ended.signal ?? ended.status).toBe(ended.signal === null ? 130 : signal);
    await gone();
    const temporary = join(sandbox.store, "tmp");
    if (existsSync(temporary)) expect(readdirSync(temporary)).toEqual([]);
    project.release();
    await expectWorks(project.directory, { cached: true });
  });

  it("by SIGKILL of cargo green leaves a build that goes on by itself, and right results", async () => {
    const project = slowProject(sandbox, "one", "rustc");
    project.hold();
    const build = sandbox.startGreen(["build"], { in: project.directory });
    await project.reached();
    process.kill(build.pid, "SIGKILL");
    project.release();
    await until("the rest ended by itself", () => living().length === 0, 30_000);
    await build.ended;
    await expectWorks(project.directory, { cached: false });
  });

  it("by SIGKILL of everything at once is repaired by the next build", async () => {
    const project = slowProject(sandbox, "one", "build-script");
    project.hold();
    const build = sandbox.startGreen(["build"], { in: project.directory });
    await project.reached();
    process.kill(-build.pid, "SIGKILL");
    await build.ended;
    await gone();
    project.release();
    await expectWorks(project.directory, { cached: false });
  });
});
