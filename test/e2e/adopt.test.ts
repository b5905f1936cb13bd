// SPDX-License-Identifier: MIT OR Apache-2.0
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WORKSPACE_LINE, WORKSPACE_UNITS, workspace } from "../support/projects.ts";
import { Sandbox } from "../support/sandbox.ts";

describe("cache adopt", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  it("first", async () => {
    const app = workspace(sandbox, "app");
    await sandbox.cargo(["build"], { in: app });
    const said = await sandbox.cache(["adopt"], { in: app });
    console.log(said.stdout, said.stderr);
    expect(said.compiled).toEqual([]);
    rmSync(join(app, "target"), { recursive: true });
    const built = await sandbox.green(["build"], { in: app });
    console.log(built.stderr);
    expect(built.compiled).toEqual([]);
    expect(await sandbox.run(["target/debug/app"], { in: app })).toBe(`${WORKSPACE_LINE}\n`);
    expect(WORKSPACE_UNITS).toBe(7);
  });
});
