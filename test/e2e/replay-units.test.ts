// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { dependsOn, manifest, textCrate } from "../support/projects.ts";
import { vendor } from "../support/registry.ts";
import { expectReplayed, namesBelow, withScript } from "../support/replay-project.ts";
import { type Build, PLAIN, Sandbox } from "../support/sandbox.ts";

/** Every kind of target that a package can have, over a published crate. */
const TARGETS = {
  "Cargo.toml": `[workspace]\nmembers = ["dynamic"]\n\n${manifest(
    "shapes",
    `[lib]\ncrate-type = ["lib", "cdylib", "staticlib"]\n\n${dependsOn("leaf")}`,
  )}\n[profile.fast]\ninherits = "release"\ndebug = 1\n\n[[bench]]\nname = "speed"\nharness = false\n`,
  "src/lib.rs": `/// Says it.\npub fn text() -> &'static str { leaf::leaf() }
#[no_mangle]
pub extern "C" fn shapes_size() -> usize { text().len() }
#[test]
fn is_leaf() { assert_eq!(text(), "leaf"); }
`,
  "src/main.rs": `fn main() { println!("main {}", leaf::leaf()); }\n`,
  "tests/whole.rs": `#[test]
fn whole() { assert_eq!(leaf::leaf(), "leaf"); }
`,
  "examples/show.rs": `fn main() { println!("example {}", leaf::leaf()); }\n`,
  "dynamic/Cargo.toml": manifest("dynamic", `[lib]\ncrate-type = ["dylib"]\n\n${dependsOn("leaf")}`),
  "dynamic/src/lib.rs": "pub fn dynamic() -> &'static str { leaf::leaf() }\n",
  "benches/speed.rs": `fn main() { println!("bench {}", leaf::leaf()); }\n`,
};

describe.skipIf(PLAIN)("what any of Cargo's commands compiles is laid down", () => {
  let sandbox: Sandbox;
  let original: string;
  let checkouts = 0;
  beforeAll(async () => {
    sandbox = new Sandbox();
    sandbox.publish(textCrate("leaf", "leaf"));
    original = sandbox.project("original", TARGETS);
    await sandbox.cargo(["generate-lockfile"], { in: original });
  });
  afterAll(() => sandbox.dispose());
  const checkout = () => sandbox.checkout(original, `checkout-${++checkouts}`);

  it.each<{ args: readonly string[]; says?: RegExp; without?: string }>([
    { args: ["build", "--workspace"] },
    { args: ["test"], says: /1 passed/ },
    { args: ["test", "--all-targets", "--release"], says: /bench leaf/ },
    { args: ["bench"], says: /bench leaf/ },
    { args: ["build", "--examples", "--bins"] },
    { args: ["run"], says: /^main leaf\n$/ },
    { args: ["run", "--example", "show"], says: /^example leaf\n$/ },
    { args: ["check", "--all-targets"] },
    { args: ["clippy", "--", "-W", "clippy::pedantic"] },
    { args: ["build", "--profile", "fast"] },
    { args: ["rustc", "--bin", "shapes", "--", "--cfg", "special"] },
  ])("cargo $args", async ({ args, says }) => {
    const cold = await sandbox.green(args, { in: checkout() });
    const two = checkout();
    const warm = await sandbox.green(args, { in: two });
    expectReplayed(warm, cold.summary?.units ?? 0);
    if (says !== undefined) expect(warm.stdout).toMatch(says);
    await expectPlainFresh(sandbox, args, { in: two });
  });

  it("cargo doc, but for the documentation itself", async () => {
    const cold = await sandbox.green(["doc"], { in: checkout() });
    const two = checkout();
    expectReplayed(await sandbox.green(["doc"], { in: two }), cold.summary?.units ?? 0);
    expect(existsSync(join(two, "target/doc/leaf/fn.leaf.html"))).toBe(true);
    expect(existsSync(join(two, "target/doc/shapes/fn.text.html"))).toBe(true);
    await expectPlainFresh(sandbox, ["doc"], { in: two });
  });

  it.each([
    { args: [["build"], ["test"]] },
    { args: [["build", "--release"], ["bench"]] },
    { args: [["check"], ["clippy"]] },
    { args: [["test"], ["build"], ["doc"]] },
  ])("on what another command has left there: cargo $args", async ({ args }) => {
    const inTurn = async (directory: string) => {
      const builds: Build[] = [];
      for (const each of args) builds.push(await sandbox.green(each, { in: directory }));
      return builds;
    };
    await inTurn(checkout());
    const two = checkout();
    for (const { summary, stderr } of await inTurn(two)) {
      expect(summary?.replayed ?? 0, stderr).toBe(summary?.units ?? 0);
    }
    for (const each of args) await expectPlainFresh(sandbox, each, { in: two });
    // And where the other one was never asked for.
    const three = await sandbox.green(args.at(-1) ?? [], { in: checkout() });
    expectReplayed(three, three.summary?.units ?? 0);
  });

  it("into whatever directories Cargo is told to use", async () => {
    const elsewhere = (name: string) => sandbox.path("targets", name);
    const units = (await sandbox.green(["build"], { in: checkout() })).summary?.units ?? 0;
    const choices: readonly { args: readonly string[]; env?: Record<string, string>; build: string }[] = [
      { args: [], env: { CARGO_TARGET_DIR: elsewhere("variable") }, build: elsewhere("variable") },
      { args: ["--target-dir", "../targets/option"], build: elsewhere("option") },
      { args: ["--config", `build.target-dir="${elsewhere("config")}"`], build: elsewhere("config") },
      { args: ["--config", `build.build-dir="${elsewhere("build")}"`], build: elsewhere("build") },
    ];
    for (const { args, env = {}, build } of choices) {
      const two = checkout();
      expectReplayed(await sandbox.green(["build", ...args], { in: two, env }), units);
      expect(namesBelow(join(build, "debug/deps")).length).toBeGreaterThan(4);
      await expectPlainFresh(sandbox, ["build", ...args], { in: two, env });
      expect(existsSync(join(two, "target/debug/shapes"))).toBe(build === elsewhere("build"));
    }
  });
});

describe.skipIf(PLAIN)("packages that are laid down", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    sandbox.publish(textCrate("leaf", "leaf"));
  });
  afterEach(() => sandbox.dispose());

  const build = (directory: string, env: Record<string, string | undefined> = {}) =>
    sandbox.green(["build"], { in: directory, env });
  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });
  const cleanly = async (directory: string, env: Record<string, string | undefined> = {}): Promise<Build> => {
    await sandbox.cargo(["clean"], { in: directory, env });
    return build(directory, env);
  };

  it("may come from git, by commit, and come anew where the branch moves on", async () => {
    const git = (directory: string, ...args: string[]) =>
      sandbox.run(["git", "-c", "user.name=x", "-c", "user.email=x", ...args], { in: directory });
    const upstream = sandbox.project("upstream", {
      "Cargo.toml": manifest("remote_crate", dependsOn("leaf")),
      "src/lib.rs": `pub fn word() -> String { format!("first {}", leaf::leaf()) }\n`,
    });
    await git(upstream, "init", "-q", "-b", "main");
    await git(upstream, "add", ".");
    await git(upstream, "commit", "-qm", "first");
    const dependency = `[dependencies]\nremote_crate = { git = "file://${upstream}", branch = "main" }\n`;
    const one = sandbox.project("one", {
      "Cargo.toml": manifest("app", dependency),
      "src/main.rs": `fn main() { println!("{}", remote_crate::word()); }\n`,
    });
    const env = { CARGO_NET_OFFLINE: undefined };
    await build(one, env);
    const two = sandbox.checkout(one, "two");
    expectReplayed(await build(two, env), 3);
    expect(await runApp(two)).toBe("first leaf\n");
    await expectPlainFresh(sandbox, ["build"], { in: two, env });
    await edit(upstream, { "src/lib.rs": `pub fn word() -> String { "second".to_string() }\n` });
    await git(upstream, "commit", "-qam", "second");
    await sandbox.cargo(["update", "-p", "remote_crate"], { in: two, env });
    // Files of the same name: plain cargo must be able to write over what was laid down.
    const plain = await sandbox.cargo(["build"], { in: two, env });
    expect(plain.compiled).toEqual(["app", "remote_crate"]);
    expect(await runApp(two)).toBe("second\n");
    await cleanly(two, env);
    expect(await runApp(two)).toBe("second\n");
    expectReplayed(await cleanly(one, env), 3);
    expect(await runApp(one)).toBe("first leaf\n");
  });

  it("may be vendored, and are laid down in their own place, where they follow what is edited", async () => {
    const one = sandbox.project("one", {
      ".cargo/config.toml": `[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor"\n`,
      "Cargo.toml": manifest("app", dependsOn("carried")),
      "src/main.rs": `fn main() { println!("{} {}", carried::WORD, carried::CODE); }\n`,
    });
    vendor(join(one, "vendor"), {
      "Cargo.toml": withScript("carried"),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=word.txt");
    println!("cargo::rustc-env=WORD={}", std::fs::read_to_string("word.txt").unwrap());
}
`,
      "word.txt": "word",
      "src/lib.rs": `pub const WORD: &str = env!("WORD");\npub const CODE: &str = "code";\n`,
    });
    await edit(one, {});
    await build(one);
    expectReplayed(await cleanly(one), 4);
    await edit(one, { "vendor/carried/word.txt": "other" });
    await sandbox.cargo(["build"], { in: one });
    expect(await runApp(one)).toBe("other code\n");
    await edit(one, { "vendor/carried/word.txt": "word" });
    await build(one);
    expect(await runApp(one)).toBe("word code\n");
    expectReplayed(await cleanly(one), 4);
    await expectPlainFresh(sandbox, ["build"], { in: one });
    // Elsewhere they are compiled anew, as their results name their directory.
    const two = sandbox.checkout(one, "two");
    await edit(two, { "vendor/carried/word.txt": "new" });
    await build(two);
    expect(await runApp(two)).toBe("new code\n");
    await expectPlainFresh(sandbox, ["build"], { in: two });
    expectReplayed(await cleanly(one), 4);
    expect(await runApp(one)).toBe("word code\n");
  });

  it("may lie outside of the workspace, where they are laid down at their own place only", async () => {
    const files = {
      "outer/Cargo.toml": manifest("outer", dependsOn("leaf")),
      "outer/src/lib.rs": "pub fn outer() -> &'static str { leaf::leaf() }\n",
      "ws/Cargo.toml": manifest("app", `[dependencies]\nouter = { path = "../outer" }\n`),
      "ws/src/main.rs": `fn main() { println!("{}", outer::outer()); }\n`,
    };
    const one = join(sandbox.project("one", files), "ws");
    await edit(one, {});
    await build(one);
    expectReplayed(await cleanly(one), 3);
    await expectPlainFresh(sandbox, ["build"], { in: one });
    const two = join(sandbox.project("two", files), "ws");
    await edit(two, {});
    await build(two);
    expect(await runApp(two)).toBe("leaf\n");
    await expectPlainFresh(sandbox, ["build"], { in: two });
    await edit(two, { "../outer/src/lib.rs": `pub fn outer() -> &'static str { "edited" }\n` });
    await expectPlainFresh(sandbox, ["build"], { in: one });
    await build(two);
    expect(await runApp(two)).toBe("edited\n");
    expectReplayed(await cleanly(two), 3);
    expect(await runApp(two)).toBe("edited\n");
    expectReplayed(await cleanly(one), 3);
    expect(await runApp(one)).toBe("leaf\n");
  });

  it("may be the same one in two versions, with features apart for the host and the target", async () => {
    sandbox.publish({
      ...textCrate("twice", "1"),
      "Cargo.toml": manifest("twice", "[features]\nhost = []\n"),
    });
    sandbox.publish({
      ...textCrate("twice", "2"),
      "Cargo.toml": manifest("twice").replace("1.0.0", "2.0.0"),
    });
    const one = sandbox.project("one", {
      "Cargo.toml": withScript(
        "app",
        `[dependencies]\ntwice = "1"\nsecond = { package = "twice", version = "2" }\n
[build-dependencies]\ntwice = { version = "1", features = ["host"] }\n`,
      ),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=HOST_SAYS={}", twice::twice());
}
`,
      "src/main.rs": `fn main() { println!("{} {} {}", twice::twice(), second::twice(), env!("HOST_SAYS")); }\n`,
    });
    await edit(one, {});
    const cold = await build(one);
    const two = sandbox.checkout(one, "two");
    expectReplayed(await build(two), cold.summary?.units ?? 0);
    expect(await runApp(two)).toBe("1 2 1\n");
    await expectPlainFresh(sandbox, ["build"], { in: two });
    expect(
      readdirSync(join(two, "target/debug/deps")).filter((name) => /^libtwice-.*rlib$/.test(name)),
    ).toHaveLength(3);
  });
});
