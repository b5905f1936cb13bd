// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { expectReplayed, REPLAY_LINE, REPLAY_UNITS, replayProject } from "../support/replay-project.ts";
import { type CargoOptions, PLAIN, Sandbox } from "../support/sandbox.ts";

/** Nobody has it, so that it has no name, home or shell either: as in a container that was given a number. */
const UID = 54_321;

/** That user may read everything, as toolchains may lie in a home directory, and write to nothing but its own. */
const AS_OTHER_USER = [
  ...["setpriv", `--reuid=${UID}`, `--regid=${UID}`, "--clear-groups"],
  ...["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"],
];

/** Only the superuser may become somebody else. */
function canBeOther(): boolean {
  try {
    const [setpriv = "", ...args] = AS_OTHER_USER;
    return execFileSync(setpriv, [...args, "id", "-u"], { encoding: "utf8" }) === `${UID}\n`;
  } catch {
    return false;
  }
}

describe.skipIf(PLAIN || !canBeOther())("another user, who was given a copy of the store", () => {
  let sandbox: Sandbox;
  let project: string;
  let asOther: CargoOptions;
  beforeAll(async () => {
    // The compiler's own linker lies where the other user may only read: gcc does not take it from there.
    sandbox = new Sandbox({ env: { RUSTFLAGS: "-Clinker-features=-lld" } });
    const one = replayProject(sandbox, "one");
    await sandbox.cargo(["generate-lockfile"], { in: one });
    await edit(one, {});
    await sandbox.green(["build", "--release"], { in: one });

    const home = sandbox.path("other");
    project = join(home, "work", "project");
    sandbox.checkout(one, "other/work/project");
    cpSync(sandbox.store, join(home, "store"), { recursive: true });
    for (const name of [".cargo", "run"]) mkdirSync(join(home, name), { mode: 0o700 });
    cpSync(join(sandbox.cargoHome, "config.toml"), join(home, ".cargo", "config.toml"));
    execFileSync("chown", ["-R", `${UID}:${UID}`, home]);
    chmodSync(sandbox.path("rustc", "compiled.log"), 0o666);
    const env = {
      HOME: home,
      CARGO_HOME: join(home, ".cargo"),
      XDG_RUNTIME_DIR: join(home, "run"),
      CARGOGREEN_CACHE_DIR: join(home, "store"),
      SHELL: undefined,
    };
    asOther = { in: project, by: AS_OTHER_USER, env };
  });
  afterAll(() => sandbox.dispose());

  const runApp = () => sandbox.run([join(project, "target/release/app")], { in: sandbox.root });

  it("compiles nothing at other paths, and what is edited there alone", async () => {
    expectReplayed(await sandbox.green(["build", "--release"], asOther), REPLAY_UNITS);
    expect(await runApp()).toBe(`${REPLAY_LINE}\n`);
    await expectPlainFresh(sandbox, ["build", "--release"], asOther);
    await edit(project, { "shared.txt": "edited" });
    const edited = await sandbox.green(["build", "--release"], asOther);
    expect(edited.compiled).toEqual(["app", "core_lib"]);
    expect(await runApp()).toBe(`${REPLAY_LINE.replace("word shared", "word edited")}\n`);
    await expectPlainFresh(sandbox, ["build", "--release"], asOther);
  });

  it("can look into it", async () => {
    const why = await sandbox.run(["cargo", "green", "cache", "why"], asOther);
    expect(why).toContain("core_lib");
    const stats = await sandbox.run(["cargo", "green", "cache", "stats"], asOther);
    expect(stats).toMatch(new RegExp(`^all +${REPLAY_UNITS} `, "m"));
  });
});
