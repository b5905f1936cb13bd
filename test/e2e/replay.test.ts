// SPDX-License-Identifier: MIT OR Apache-2.0
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import {
  expectReplayed,
  namesBelow,
  REPLAY_CRATES,
  REPLAY_LINE,
  REPLAY_MEMBERS,
  REPLAY_UNITS,
  replayProject,
} from "../support/replay-project.ts";
import { PLAIN, Sandbox } from "../support/sandbox.ts";
import { withoutGreen } from "../support/summary.ts";

interface Variant {
  readonly name: string;
  readonly args: readonly string[];
  readonly profile: string;
  readonly toolchain?: string;
}

const VARIANTS: readonly Variant[] = [
  { name: "a release build", args: ["--release"], profile: "release" },
  { name: "a debug build that is not incremental", args: [], profile: "debug" },
  {
    name: "a debug build in the nightly's new layout",
    args: ["-Zbuild-dir-new-layout"],
    profile: "debug",
    toolchain: "+nightly",
  },
];

describe.skipIf(PLAIN).each(VARIANTS)("$name, once its results are stored", (variant) => {
  const { args, profile, toolchain } = variant;
  let sandbox: Sandbox;
  let one: string;
  let two: string;
  /** Built by plain cargo alone, and edited like `two`. */
  let control: string;

  const at = (directory: string, env: Readonly<Record<string, string | undefined>> = {}) => ({
    in: directory,
    env,
    ...(toolchain && { toolchain }),
  });
  const green = (directory: string, env?: Readonly<Record<string, string | undefined>>) =>
    sandbox.green(["build", ...args], at(directory, env));
  const plain = (directory: string) => sandbox.cargo(["build", ...args], at(directory));
  const expectFresh = (directory: string, env?: Readonly<Record<string, string | undefined>>) =>
    expectPlainFresh(sandbox, ["build", ...args], at(directory, env));
  const runApp = (directory: string) =>
    sandbox.run([join(directory, "target", profile, "app")], { in: sandbox.root });

  beforeAll(async () => {
    sandbox = new Sandbox();
    one = replayProject(sandbox, "one");
    await sandbox.cargo(["generate-lockfile"], at(one));
    control = sandbox.checkout(one, "control");
    two = sandbox.checkout(one, "else where/zwei-ü");
    await plain(control);
    const cold = await green(one);
    expect(cold.compiled).toEqual(REPLAY_CRATES);
  });
  afterAll(() => sandbox.dispose());

  it("is laid down in another checkout with an empty target, and looks as if plain cargo had built it", async () => {
    const build = await green(two);
    expectReplayed(build, REPLAY_UNITS);
    expect(await runApp(two)).toBe(`${REPLAY_LINE}\n`);
    expect(namesBelow(join(two, "target"))).toEqual(namesBelow(join(control, "target")));
    await expectFresh(two);
    // Warnings are said again, as Cargo does for what is fresh.
    const again = (await plain(control)).stderr;
    expect(again).toContain("`nobody_calls_it` is never used");
    expect(withoutGreen(build.stderr)).toBe(withoutGreen(again.replaceAll(control, two)));
  });

  it("comes with what the compiler tells Cargo, which may be something else in another environment", async () => {
    const toldMore = async (name: string, env: Readonly<Record<string, string>> = {}) => {
      const directory = sandbox.checkout(one, name);
      const build = await green(directory, { CARGO_LOG: "cargo::util::rustc=debug", ...env });
      expect(build.stderr).not.toContain("rustc info cache miss");
      return readFileSync(join(directory, "target/.rustc_info.json"), "utf8").includes("fmt_debug");
    };
    const isNightly = toolchain !== undefined;
    expect(await toldMore("asks-nothing")).toBe(isNightly);
    const unstable = { RUSTC_BOOTSTRAP: "1" };
    expect(await toldMore("asks-for-more", unstable)).toBe(true);
    expect(await toldMore("knows-more", unstable)).toBe(true);
    expect(await toldMore("asks-nothing-again")).toBe(isNightly);
    await expectFresh(join(sandbox.root, "asks-nothing-again"));
  });

  it("is laid down again after cargo clean", async () => {
    await sandbox.cargo(["clean"], at(two));
    expectReplayed(await green(two), REPLAY_UNITS);
    expect(await runApp(two)).toBe(`${REPLAY_LINE}\n`);
    expect(namesBelow(join(two, "target"))).toEqual(namesBelow(join(control, "target")));
    await expectFresh(two);
  });

  it("names no other checkout in what Cargo reads", () => {
    const target = join(two, "target", profile);
    const files = readdirSync(target, { recursive: true, withFileTypes: true }).filter(
      ({ name, parentPath }) =>
        /^(dep-|output|stdout|root-output|stderr)/.test(name) ||
        /\/(\.fingerprint|fingerprint)/.test(parentPath),
    );
    expect(files.length).toBeGreaterThan(REPLAY_UNITS);
    const texts = files
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    expect(texts.filter((text) => text.includes(`${one}/`))).toEqual([]);
    expect(texts.some((text) => text.includes(two))).toBe(true);
  });

  it("is rebuilt after an edit exactly as far as plain cargo rebuilds it", async () => {
    const edits = [
      { "src/main.rs": `fn main() { println!("main {} {}", leaf::leaf(), core_lib::line()); }\n` },
      { "core_lib/word.txt": "words" },
      { "shared.txt": "divided" },
      { "core_lib/src/lib.rs": "pub fn line() -> String { String::new() }\n" },
    ];
    for (const files of edits) {
      await edit(two, files);
      await edit(control, files);
      const [ours, theirs] = [await green(two), await plain(control)];
      expect(ours.compiled, Object.keys(files)[0]).toEqual(theirs.compiled);
      expect(theirs.compiled.length).toBeGreaterThan(0);
      expect(await runApp(two)).toBe(await runApp(control));
      await expectFresh(two);
    }
  });

  it("is laid down for another user at other paths, and then follows the files of that place alone", async () => {
    const three = sandbox.checkout(one, "u/three");
    const [home, cargoHome] = [sandbox.path("u/home"), sandbox.path("u/home/.cargo")];
    mkdirSync(cargoHome, { recursive: true });
    cpSync(join(sandbox.cargoHome, "config.toml"), join(cargoHome, "config.toml"));
    const env = { HOME: home, CARGO_HOME: cargoHome };
    const build = await green(three, env);
    expectReplayed(build, REPLAY_UNITS);
    expect(await runApp(three)).toBe(`${REPLAY_LINE}\n`);
    await expectFresh(three, env);
    const [oldSource, newSource] = [sandbox.cargoHome, cargoHome].map((place) => sourceOf(place, "leaf"));
    for (const file of ["shared.txt", "core_lib/word.txt", "src/main.rs", "core_lib/src/lib.rs"]) {
      await edit(one, { [file]: readFileSync(join(one, file), "utf8") });
    }
    await edit(oldSource ?? "", { "src/lib.rs": readFileSync(join(oldSource ?? "", "src/lib.rs"), "utf8") });
    expect(newSource).not.toBe(oldSource);
    await expectFresh(three, env);
    await edit(three, { "core_lib/word.txt": "words" });
    expect((await sandbox.cargo(["build", ...args], at(three, env))).compiled).toEqual(["app", "core_lib"]);
    await edit(three, { "shared.txt": "edited here" });
    await green(three, env);
    expect(await runApp(three)).toBe(`${REPLAY_LINE.replace("word shared", "words edited here")}\n`);
    await expectFresh(three, env);
  });

  it("is left to rustc where it is incremental, but none of its dependencies is", async () => {
    const incremental = sandbox.checkout(one, "incremental");
    const env = { CARGO_INCREMENTAL: "1" };
    await edit(incremental, { "shared.txt": "shared" });
    const build = await green(incremental, env);
    expect(build.compiled.filter((name) => !REPLAY_MEMBERS.includes(name))).toEqual([]);
    expect(build.summary?.replayed).toBeGreaterThanOrEqual(REPLAY_UNITS - 4);
    expect(await runApp(incremental)).toBe(`${REPLAY_LINE}\n`);
    await expectFresh(incremental, env);
  });
});

/** Where a package of the test's registry is unpacked. */
function sourceOf(cargoHome: string, name: string): string {
  const sources = join(cargoHome, "registry/src");
  const [registry = ""] = readdirSync(sources);
  return join(sources, registry, `${name}-1.0.0`);
}
