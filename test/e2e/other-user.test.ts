// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { expectReplayed, REPLAY_LINE, REPLAY_UNITS, replayProject } from "../support/replay-project.ts";
import { type CargoOptions, PLAIN, RUSTUP_HOME, Sandbox } from "../support/sandbox.ts";

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

/** Starts what follows where a directory is to be seen at another place, too. */
const mounted = (directory: string, at: string) => [
  ...["unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"'],
  ...[directory, at],
];

describe.skipIf(PLAIN || !canBeOther())("another user, who was given a copy of the store", () => {
  let sandbox: Sandbox;
  let one: string;
  beforeAll(async () => {
    // The compiler's own linker lies where the other user may only read: gcc does not take it from there.
    sandbox = new Sandbox({ env: { RUSTFLAGS: "-Clinker-features=-lld" } });
    one = replayProject(sandbox, "one");
    await sandbox.cargo(["generate-lockfile"], { in: one });
    await edit(one, {});
    chmodSync(sandbox.path("rustc", "compiled.log"), 0o666);
  });
  afterAll(() => sandbox.dispose());

  /** Makes that user's home, with copies of the store and the project. Returns how to build there. */
  function moveIn(name: string): CargoOptions {
    const home = sandbox.path(name);
    const project = sandbox.checkout(one, `${name}/work/project`);
    cpSync(sandbox.store, join(home, "store"), { recursive: true });
    for (const each of [".cargo", ".rustup", "run"]) mkdirSync(join(home, each), { mode: 0o700 });
    cpSync(join(sandbox.cargoHome, "config.toml"), join(home, ".cargo", "config.toml"));
    execFileSync("chown", ["-R", `${UID}:${UID}`, home]);
    const env = {
      HOME: home,
      CARGO_HOME: join(home, ".cargo"),
      XDG_RUNTIME_DIR: join(home, "run"),
      CARGOGREEN_CACHE_DIR: join(home, "store"),
      SHELL: undefined,
    };
    return { in: project, by: AS_OTHER_USER, env };
  }
  const runApp = (project: string, profile: string) =>
    sandbox.run([join(project, "target", profile, "app")], { in: sandbox.root });

  it("compiles nothing at other paths, and what is edited there alone", async () => {
    await sandbox.green(["build", "--release"], { in: one });
    const asOther = moveIn("other");
    expectReplayed(await sandbox.green(["build", "--release"], asOther), REPLAY_UNITS);
    expect(await runApp(asOther.in, "release")).toBe(`${REPLAY_LINE}\n`);
    await expectPlainFresh(sandbox, ["build", "--release"], asOther);
    await edit(asOther.in, { "shared.txt": "edited" });
    const edited = await sandbox.green(["build", "--release"], asOther);
    expect(edited.compiled).toEqual(["app", "core_lib"]);
    expect(await runApp(asOther.in, "release")).toBe(
      `${REPLAY_LINE.replace("word shared", "word edited")}\n`,
    );
    await expectPlainFresh(sandbox, ["build", "--release"], asOther);

    const why = await sandbox.run(["cargo", "green", "cache", "why"], asOther);
    expect(why).toContain("core_lib");
  });

  it("may keep the toolchains somewhere else as well", async () => {
    // Without the compiler that counts, which is at one place.
    await sandbox.green(["build"], { in: one, env: { RUSTC: undefined } });
    const { in: project, env } = moveIn("third");
    const rustup = join(sandbox.path("third"), ".rustup");
    const asThird = {
      in: project,
      by: [...mounted(RUSTUP_HOME, rustup), ...AS_OTHER_USER],
      env: { ...env, RUSTC: undefined, RUSTUP_HOME: rustup },
    };
    expectReplayed(await sandbox.green(["build"], asThird), REPLAY_UNITS);
    expect(await runApp(project, "debug")).toBe(`${REPLAY_LINE}\n`);
    await expectPlainFresh(sandbox, ["build"], asThird);
  });
});
