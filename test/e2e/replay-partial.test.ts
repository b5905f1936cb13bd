// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { dependsOn, manifest, textCrate } from "../support/projects.ts";
import {
  expectReplayed,
  REPLAY_CRATES,
  REPLAY_LINE,
  REPLAY_UNITS,
  replayProject,
} from "../support/replay-project.ts";
import { PLAIN, Sandbox } from "../support/sandbox.ts";

describe.skipIf(PLAIN)("of a build whose results are stored in part", () => {
  let sandbox: Sandbox;
  let one: string;
  beforeEach(async () => {
    sandbox = new Sandbox();
    one = replayProject(sandbox, "one");
    await sandbox.cargo(["generate-lockfile"], { in: one });
  });
  afterEach(() => sandbox.dispose());

  const build = (directory: string, ...args: string[]) =>
    sandbox.green(["build", ...args], { in: directory });
  const runApp = (directory: string, profile = "debug") =>
    sandbox.run([join(directory, "target", profile, "app")], { in: directory });

  it("all but what has changed is laid down: a bumped dependency, another feature, a further crate", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("fancy", "[features]\nloud = []\n"),
      "src/lib.rs": `pub fn fancy() -> &'static str { if cfg!(feature = "loud") { "LOUD" } else { "quiet" } }\n`,
    });
    await edit(one, {
      "core_lib/Cargo.toml": `${await readText(one, "core_lib/Cargo.toml")}fancy = "1"\n`,
      "core_lib/src/lib.rs": "pub fn line() -> String { fancy::fancy().to_string() }\n",
    });
    await sandbox.cargo(["generate-lockfile"], { in: one });
    await build(one);
    const all = REPLAY_UNITS + 1;

    const bumped = sandbox.checkout(one, "bumped");
    sandbox.publish({
      ...textCrate("leaf", "new leaf"),
      "Cargo.toml": manifest("leaf").replace("1.0.0", "1.0.1"),
    });
    await sandbox.cargo(["update", "-p", "leaf"], { in: bumped });
    const afterBump = await build(bumped);
    // core_lib uses a macro, which without a sandbox may read all of the workspace, its Cargo.lock too.
    expect(afterBump.compiled).toEqual(["app", "core_lib", "leaf"]);
    expect(afterBump.summary).toMatchObject({ units: all, replayed: all - 3, restored: 0 });
    expect(await runApp(bumped)).toBe("app new leaf quiet\n");

    const loud = sandbox.checkout(one, "loud");
    await edit(loud, {
      "core_lib/Cargo.toml": (await readText(one, "core_lib/Cargo.toml")).replace(
        'fancy = "1"',
        'fancy = { version = "1", features = ["loud"] }',
      ),
    });
    const afterFeature = await build(loud);
    expect(afterFeature.compiled).toEqual(["app", "core_lib", "fancy"]);
    // The build script's run too: its package has changed.
    expect(afterFeature.summary).toMatchObject({ units: all, replayed: all - 4, built: 4, restored: 0 });
    expect(await runApp(loud)).toBe("app leaf LOUD\n");

    sandbox.publish(textCrate("further", "further"));
    const more = sandbox.checkout(one, "more");
    await edit(more, {
      "Cargo.toml": `${await readText(one, "Cargo.toml")}further = "1"\n`,
      "src/main.rs": `fn main() { println!("{} {}", further::further(), leaf::leaf()); }\n`,
    });
    const afterCrate = await build(more);
    expect(afterCrate.compiled).toEqual(["app", "core_lib", "further"]);
    expect(afterCrate.summary).toMatchObject({ units: all + 1, replayed: all - 2, restored: 0 });
    expect(await runApp(more)).toBe("further leaf\n");

    for (const directory of [bumped, loud, more]) {
      await expectPlainFresh(sandbox, ["build"], { in: directory });
      await sandbox.cargo(["clean"], { in: directory });
      expectReplayed(await build(directory), directory === more ? all + 1 : all);
    }
  });

  it("the rest is laid down beside what plain cargo has built there, which stays as it is", async () => {
    await build(one);
    const two = sandbox.checkout(one, "two");
    await sandbox.cargo(["build", "-p", "core_lib"], { in: two });
    const rest = await build(two);
    expect(rest.compiled.filter((name) => name !== "app" && name !== "leaf")).toEqual([]);
    expect(await runApp(two)).toBe(`${REPLAY_LINE}\n`);
    await expectPlainFresh(sandbox, ["build"], { in: two });

    // Other profiles and kinds of builds come into a target that is in use.
    await build(one, "--release");
    expectReplayed(await build(two, "--release"), REPLAY_UNITS);
    expect(await runApp(two, "release")).toBe(`${REPLAY_LINE}\n`);
    await sandbox.green(["check", "--release"], { in: one });
    const checked = await sandbox.green(["check", "--release"], { in: two });
    expectReplayed(checked, checked.summary?.units ?? 0);
    for (const args of [["build"], ["build", "--release"], ["check", "--release"]]) {
      await expectPlainFresh(sandbox, args, { in: two });
    }
  });

  it("with --target, the rest is laid down beside units for the host that are there", async () => {
    const triple = (await sandbox.run(["rustc", "-vV"], { in: one })).match(/^host: (.*)$/m)?.[1] ?? "";
    // In release builds, build scripts and proc-macros are the same units with `--target` and without.
    const args = ["build", "--release", "--target", triple];
    const cold = await sandbox.green(args, { in: one });
    const two = sandbox.checkout(one, "two");
    expectReplayed(await sandbox.green(args, { in: two }), cold.summary?.units ?? 0);
    await expectPlainFresh(sandbox, args, { in: two });
    const three = sandbox.checkout(one, "three");
    await build(one, "--release");
    await build(three, "--release", "--no-replay"); // so that what is there is young
    const rest = await sandbox.green(args, { in: three });
    expectReplayed(rest, REPLAY_UNITS - 4);
    for (const each of [["build", "--release"], args]) await expectPlainFresh(sandbox, each, { in: three });
  });

  it("a gap is filled so that Cargo builds anew what it must, whoever built what stands around it", async () => {
    await edit(one, {
      "Cargo.toml": (await readText(one, "Cargo.toml")).replace('["core_lib"]', '["core_lib", "other"]'),
      "other/Cargo.toml": manifest(
        "other",
        `${dependsOn("leaf", "generated")}core_lib = { path = "../core_lib" }\n`,
      ),
      "other/src/main.rs": `fn main() {
    println!("{} {} {}", leaf::leaf(), generated::WORD, core_lib::line().len());
}
`,
    });
    await sandbox.cargo(["generate-lockfile"], { in: one });
    await build(one, "--workspace");
    const builders = {
      green: (directory: string) => sandbox.green(["build", "--workspace"], { in: directory }),
      plain: (directory: string) => sandbox.cargo(["build", "--workspace"], { in: directory }),
    };
    const gaps: readonly [string, (directory: string) => Promise<unknown>][] = [
      ["an rlib and its fingerprint", async (directory) => removeUnit(directory, /^(lib)?(leaf|generated)-/)],
      ["a proc-macro", async (directory) => removeUnit(directory, /^(lib)?answer-/)],
      ["cargo clean -p leaf", (directory) => sandbox.cargo(["clean", "-p", "leaf"], { in: directory })],
      [
        "cargo clean -p core_lib",
        (directory) => sandbox.cargo(["clean", "-p", "core_lib"], { in: directory }),
      ],
    ];
    for (const first of ["plain", "green"] as const) {
      const directory = sandbox.checkout(one, first);
      await builders[first](directory);
      for (const [gap, make] of gaps) {
        await make(directory);
        // `other`, which is no part of this build, was compiled against what was there before.
        await sandbox.green(["build", "-p", "app"], { in: directory });
        expect(await runApp(directory), `${gap} after ${first}`).toBe(`${REPLAY_LINE}\n`);
        await builders.plain(directory);
        await expectPlainFresh(sandbox, ["build", "--workspace"], { in: directory });
        expect(await sandbox.run(["target/debug/other"], { in: directory })).toBe("leaf generated 31\n");
      }
    }
  });

  it("nothing is laid down twice: what is there is left alone", async () => {
    await build(one);
    const two = sandbox.checkout(one, "two");
    expectReplayed(await build(two), REPLAY_UNITS);
    const again = await build(two);
    expect(again.compiled).toEqual([]);
    expect(again.summary).toBeUndefined();
    // Another workspace of the same packages in the same target directory.
    const env = { CARGO_TARGET_DIR: join(two, "target") };
    const three = sandbox.checkout(one, "three");
    await edit(three, { "shared.txt": "elsewhere" });
    await sandbox.green(["build"], { in: three, env });
    expect(await runApp(two)).toBe(`${REPLAY_LINE.replace("shared", "elsewhere")}\n`);
    await expectPlainFresh(sandbox, ["build"], { in: three, env });
    await build(two);
    expect(await runApp(two)).toBe(`${REPLAY_LINE}\n`);
    await expectPlainFresh(sandbox, ["build"], { in: two });
    expect(REPLAY_CRATES).toContain("app");
  });

  const readText = (directory: string, file: string) => sandbox.run(["cat", file], { in: directory });
});

/** Removes files and fingerprints of units from a target directory, as a cleaning program might. */
function removeUnit(directory: string, name: RegExp): void {
  for (const place of ["deps", ".fingerprint"]) {
    const folder = join(directory, "target/debug", place);
    for (const each of readdirSync(folder)) {
      if (name.test(each)) rmSync(join(folder, each), { recursive: true });
    }
  }
}
