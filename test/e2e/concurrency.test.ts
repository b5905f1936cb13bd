// SPDX-License-Identifier: MIT OR Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectPlainFresh } from "../support/fresh.ts";
import { sleep, until } from "../support/process.ts";
import { processesOf } from "../support/processes.ts";
import { WORKSPACE_LINE, workspace } from "../support/projects.ts";
import { onlyGreen, PLAIN, Sandbox } from "../support/sandbox.ts";

describe("one store", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox({ ownShim: true });
  });
  afterEach(() => {
    for (const { pid } of processesOf(sandbox.root)) process.kill(pid, "SIGKILL");
    sandbox.dispose();
  });

  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });
  const verify = async () => {
    if (!PLAIN) await sandbox.cache(["verify"]);
  };

  it("serves four builds at once while it is pruned all the time", async () => {
    const original = workspace(sandbox, "original");
    await sandbox.cargo(["generate-lockfile"], { in: original });
    await sandbox.cargo(["fetch"], { in: original });
    for (const round of ["cold", "warm"]) {
      const checkouts = [1, 2, 3, 4].map((n) => sandbox.checkout(original, `${round}-${n}`));
      let building = true;
      const prune = async () => {
        while (building && !PLAIN) {
          await sandbox.cache(["prune", "--keep-size", "1kB", "--yes"]);
          await sleep(20);
        }
      };
      const pruning = prune();
      await Promise.all(checkouts.map((directory) => sandbox.green(["build"], { in: directory })));
      building = false;
      await pruning;
      for (const directory of checkouts) {
        expect(await runApp(directory)).toBe(`${WORKSPACE_LINE}\n`);
        await expectPlainFresh(sandbox, ["build"], { in: directory });
      }
      await verify();
    }
  });

  it("serves four builds at once, which share what the first of them made", async () => {
    const original = workspace(sandbox, "original");
    await sandbox.cargo(["generate-lockfile"], { in: original });
    await sandbox.cargo(["fetch"], { in: original });
    const checkouts = [1, 2, 3, 4].map((n) => sandbox.checkout(original, `at-once-${n}`));
    await Promise.all(checkouts.map((directory) => sandbox.green(["build"], { in: directory })));
    for (const directory of checkouts) expect(await runApp(directory)).toBe(`${WORKSPACE_LINE}\n`);
    const last = sandbox.checkout(original, "last");
    const build = await sandbox.green(["build"], { in: last });
    onlyGreen(() => expect(build.compiled).toEqual([]));
    await expectPlainFresh(sandbox, ["build"], { in: last });
    await verify();
  });

  it("survives kill -9 of a whole build at any moment", async () => {
    const original = workspace(sandbox, "original");
    await sandbox.cargo(["generate-lockfile"], { in: original });
    const step = 150;
    for (let round = 0; round < 8; round++) {
      const directory = sandbox.checkout(original, `round-${round}`);
      const delay = 50 + round * step + Math.floor(Math.random() * step);
      const build = sandbox.startGreen(["build"], { in: directory });
      await sleep(delay);
      try {
        process.kill(-build.pid, "SIGKILL");
      } catch {
        // It was done already.
      }
      await build.ended;
      await until("everything ended", () => processesOf(sandbox.root).length === 0, 10_000);
      const when = `killed after ${delay} ms`;
      await sandbox.green(["build"], { in: directory });
      expect(await runApp(directory), when).toBe(`${WORKSPACE_LINE}\n`);
      if (round % 4 === 3) await expectPlainFresh(sandbox, ["build"], { in: directory });
    }
    await verify();
  });
});
