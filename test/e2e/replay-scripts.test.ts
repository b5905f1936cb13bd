// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { dependsOn, manifest } from "../support/projects.ts";
import { expectReplayed, withScript } from "../support/replay-project.ts";
import { PLAIN, Sandbox } from "../support/sandbox.ts";

describe.skipIf(PLAIN)("a build script's run", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  const build = (directory: string, env: Record<string, string> = {}) =>
    sandbox.green(["build"], { in: directory, env });
  const plain = (directory: string, env: Record<string, string> = {}) =>
    sandbox.cargo(["build"], { in: directory, env });
  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });
  const expectFresh = (directory: string, env: Record<string, string> = {}) =>
    expectPlainFresh(sandbox, ["build"], { in: directory, env });

  /** A statement that notes, behind Cargo's back, that a script ran. */
  const noteRun = (name: string) =>
    `std::fs::OpenOptions::new().create(true).append(true).open("${sandbox.path("runs.log")}")
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"${name}\\n")).unwrap();`;

  /** Names of the scripts that ran since the last call, sorted. */
  function runs(): readonly string[] {
    const log = sandbox.path("runs.log");
    const names = existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean).sort() : [];
    rmSync(log, { force: true });
    return names;
  }

  it("is laid down with OUT_DIR and what it tells others, and runs again when a variable changes", async () => {
    sandbox.publish({
      "Cargo.toml": withScript("teller-sys", "", `links = "teller"\n`),
      "build.rs": `fn main() {
    ${noteRun("teller")}
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TELL");
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::create_dir_all(format!("{out}/include/empty")).unwrap();
    std::fs::write(format!("{out}/include/told.txt"), "told").unwrap();
    println!("cargo::metadata=include={out}/include");
    println!("cargo::rustc-env=TELL={}", std::env::var("TELL").unwrap_or("nothing".to_string()));
}
`,
      "src/lib.rs": `pub const TELL: &str = env!("TELL");\n`,
    });
    const one = sandbox.project("one", {
      "Cargo.toml": withScript("app", dependsOn("teller-sys")),
      "build.rs": `fn main() {
    ${noteRun("app")}
    println!("cargo::rerun-if-changed=build.rs");
    let include = std::env::var("DEP_TELLER_INCLUDE").unwrap();
    assert!(std::path::Path::new(&format!("{include}/empty")).is_dir());
    println!("cargo::rustc-env=TOLD={}", std::fs::read_to_string(format!("{include}/told.txt")).unwrap());
}
`,
      "src/main.rs": `fn main() { println!("{} {}", env!("TOLD"), teller_sys::TELL); }\n`,
    });
    await edit(one, {});
    await build(one);
    expect(runs()).toEqual(["app", "teller"]);
    const two = sandbox.checkout(one, "two");
    expectReplayed(await build(two), 6);
    expect(runs()).toEqual([]);
    expect(await runApp(two)).toBe("told nothing\n");
    await expectFresh(two);

    const env = { TELL: "something" };
    await build(two, env);
    expect(runs()).toContain("teller");
    expect(await runApp(two)).toBe("told something\n");
    // Only what a first run leaves in OUT_DIR is kept.
    await build(sandbox.checkout(one, "first"), env);
    const three = sandbox.checkout(one, "three");
    expectReplayed(await build(three, env), 6);
    await expectFresh(three, env);
    await build(three);
    expect(await runApp(three)).toBe("told nothing\n");
  });

  it("that watches a file elsewhere is laid down in its own workspace, and runs when that file changes", async () => {
    const outside = sandbox.path("outside.txt");
    await edit(sandbox.root, { "outside.txt": "outside" });
    sandbox.publish({
      "Cargo.toml": withScript("watcher"),
      "build.rs": `fn main() {
    ${noteRun("watcher")}
    println!("cargo::rerun-if-changed=${outside}");
    println!("cargo::rustc-env=SEEN={}", std::fs::read_to_string("${outside}").unwrap());
}
`,
      "src/lib.rs": `pub const SEEN: &str = env!("SEEN");\n`,
    });
    const one = sandbox.project("one", {
      "Cargo.toml": manifest("app", dependsOn("watcher")),
      "src/main.rs": `fn main() { println!("{}", watcher::SEEN); }\n`,
    });
    await edit(one, {});
    await build(one);
    await sandbox.cargo(["clean"], { in: one });
    expectReplayed(await build(one), 4);
    await expectFresh(one);
    const two = sandbox.checkout(one, "two");
    expect((await build(two)).compiled).toEqual([]);
    await expectFresh(two);
    expect(runs()).toEqual(["watcher"]);
    await edit(sandbox.root, { "outside.txt": "edited" });
    await plain(one);
    await build(two);
    for (const directory of [one, two]) {
      expect(await runApp(directory)).toBe("edited\n");
      await expectFresh(directory);
    }
    expect(runs()).toEqual(["watcher", "watcher"]);
  });

  it("of a path package is left to Cargo if it declares nothing", async () => {
    const one = sandbox.project("one", {
      "Cargo.toml": withScript("app"),
      "build.rs": `fn main() {
    ${noteRun("app")}
    println!("cargo::rustc-env=WORD={}", std::fs::read_to_string("word.txt").unwrap());
}
`,
      "word.txt": "word",
      "src/main.rs": `fn main() { println!("{}", env!("WORD")); }\n`,
    });
    await edit(one, {});
    await build(one);
    const two = sandbox.checkout(one, "two");
    await build(two);
    expect(runs()).toEqual(["app", "app"]);
    await expectFresh(two);
    await edit(one, { "word.txt": "edited" });
    await expectFresh(two);
    await edit(two, { "word.txt": "changed" });
    await build(two);
    expect(await runApp(two)).toBe("changed\n");
    await build(one);
    expect(await runApp(one)).toBe("edited\n");
  });

  it("that names its own checkout names the one where it is laid down", async () => {
    const one = sandbox.project("one", {
      "Cargo.toml": withScript("app"),
      "build.rs": `fn main() {
    ${noteRun("app")}
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo::rerun-if-changed=data");
    println!("cargo::warning=reads {root}/data");
    println!("cargo::rustc-env=DATA={root}/data/word.txt");
    println!("cargo::rustc-link-search=native={root}/data");
}
`,
      "data/word.txt": "word",
      "src/main.rs": `fn main() { println!("{}", include_str!(env!("DATA"))); }\n`,
    });
    await edit(one, {});
    await build(one);
    const two = sandbox.checkout(one, "two");
    const warm = await build(two);
    expect(warm.stderr).toContain(`reads ${two}/data`);
    expect(runs()).toEqual(["app"]);
    expect(await runApp(two)).toBe("word\n");
    await expectFresh(two);
    await edit(one, { "data/word.txt": "edited" });
    await expectFresh(two);
    await edit(two, { "data/word.txt": "changed" });
    await plain(two);
    expect(await runApp(two)).toBe("changed\n");
  });
});
