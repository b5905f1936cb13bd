// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { edit, touch } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { dependsOn, manifest, WORKSPACE_LINE, workspace } from "../support/projects.ts";
import { vendor } from "../support/registry.ts";
import { onlyGreen, Sandbox } from "../support/sandbox.ts";

describe("checkouts and target directories", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });

  it("of one project at two paths, each edited by turns, are right and stay apart", async () => {
    const one = workspace(sandbox, "one");
    const two = sandbox.checkout(one, "two");
    const source = (text: string) => ({
      "core_lib/src/lib.rs": `pub fn line(word: &str) -> String { format!("${text} {word}") }\n`,
    });
    const said = async (directory: string) => {
      await sandbox.green(["build"], { in: directory });
      return runApp(directory);
    };
    expect(await said(one)).toBe(`${WORKSPACE_LINE}\n`);
    expect(await said(two)).toBe(`${WORKSPACE_LINE}\n`);
    await edit(two, source("b"));
    expect(await said(two)).toBe("app b leaf\n");
    expect(await said(one)).toBe(`${WORKSPACE_LINE}\n`);
    await edit(one, source("a"));
    expect(await said(one)).toBe("app a leaf\n");
    expect(await said(two)).toBe("app b leaf\n");
    await edit(one, source("b"));
    const met = await sandbox.green(["build"], { in: one });
    onlyGreen(() => expect(met.compiled).toEqual([]));
    expect(await runApp(one)).toBe("app b leaf\n");
    // What was restored must follow edits of its own checkout under plain cargo too.
    await edit(one, source("c"));
    await sandbox.cargo(["build"], { in: one });
    expect(await runApp(one)).toBe("app c leaf\n");
    await edit(one, { "core_lib/Cargo.toml": manifest("core_lib") });
    await sandbox.cargo(["build"], { in: one });
    expect(await runApp(one)).toBe("app c leaf\n");
    await expectPlainFresh(sandbox, ["build"], { in: two });
  });

  it("survive being renamed", async () => {
    const one = workspace(sandbox, "one");
    await sandbox.green(["build"], { in: one });
    const moved = sandbox.path("moved");
    renameSync(one, moved);
    const afterMove = await sandbox.green(["build"], { in: moved });
    onlyGreen(() => expect(afterMove.compiled).toEqual([]));
    await expectPlainFresh(sandbox, ["build"], { in: moved });
    await sandbox.cargo(["clean", "-p", "leaf"], { in: moved });
    await sandbox.green(["build"], { in: moved });
    expect(await runApp(moved)).toBe(`${WORKSPACE_LINE}\n`);
    await edit(moved, { "core_lib/src/lib.rs": "pub fn line(word: &str) -> String { word.to_string() }\n" });
    await sandbox.green(["build"], { in: moved });
    expect(await runApp(moved)).toBe("app leaf\n");
    await expectPlainFresh(sandbox, ["build"], { in: moved });
  });

  it("are filled again after cargo clean, of one package or of all", async () => {
    const one = workspace(sandbox, "one");
    await sandbox.green(["build"], { in: one });
    for (const args of [
      ["-p", "leaf"],
      ["-p", "generated"],
      ["-p", "core_lib"],
      ["-p", "app"],
      ["-p", "answer"],
      [],
    ]) {
      await sandbox.green(["clean", ...args], { in: one });
      const build = await sandbox.green(["build"], { in: one });
      onlyGreen(() => expect(build.compiled, args.join(" ")).toEqual([]));
      expect(await runApp(one)).toBe(`${WORKSPACE_LINE}\n`);
    }
    await expectPlainFresh(sandbox, ["build"], { in: one });
  });

  it("are repaired where one dependency's files are missing, by green and by plain cargo", async () => {
    const one = workspace(sandbox, "one");
    await sandbox.green(["build"], { in: sandbox.checkout(one, "to-fill-the-store") });
    const builders = {
      green: (directory: string) => sandbox.green(["build"], { in: directory }),
      plain: (directory: string) => sandbox.cargo(["build"], { in: directory }),
    };
    const orders = [
      ["green", "plain"],
      ["plain", "green"],
      ["green", "green"],
    ] as const;
    for (const [first, then] of orders) {
      for (const missing of [/^(lib)?(leaf|generated)-/, /^(lib)?(core_lib|answer)-/]) {
        const directory = sandbox.checkout(one, `${first}-${then}-${missing.source.length}`);
        await builders[first](directory);
        for (const place of ["deps", ".fingerprint", "build"]) {
          const folder = join(directory, "target/debug", place);
          for (const name of readdirSync(folder)) {
            if (missing.test(name)) rmSync(join(folder, name), { recursive: true });
          }
        }
        await builders[then](directory);
        expect(await runApp(directory), directory).toBe(`${WORKSPACE_LINE}\n`);
        await edit(directory, {
          "core_lib/src/lib.rs": "pub fn line(word: &str) -> String { word.to_string() }\n",
        });
        await builders[then === "green" ? "plain" : "green"](directory);
        expect(await runApp(directory), directory).toBe("app leaf\n");
        await expectPlainFresh(sandbox, ["build"], { in: directory });
      }
    }
  });

  it("go on under plain cargo when the store was deleted", async () => {
    const one = workspace(sandbox, "one");
    await sandbox.green(["build"], { in: one });
    const two = sandbox.checkout(one, "two");
    await sandbox.green(["build"], { in: two });
    rmSync(sandbox.store, { recursive: true, force: true });
    for (const project of [one, two]) {
      await expectPlainFresh(sandbox, ["build"], { in: project });
      await edit(project, {
        "core_lib/src/lib.rs": "pub fn line(word: &str) -> String { word.to_string() }\n",
      });
      const plain = await sandbox.cargo(["build"], { in: project });
      expect(plain.compiled).toEqual(["app", "core_lib"]);
      expect(await runApp(project)).toBe("app leaf\n");
      await sandbox.cargo(["test", "--workspace", "--no-run"], { in: project });
      const green = await sandbox.green(["build", "--release"], { in: project });
      expect(green.status).toBe(0);
    }
  });

  it("change between plain and green builds, edit by edit", async () => {
    const one = workspace(sandbox, "one");
    for (const [index, tool] of ["plain", "green", "plain", "green", "green", "plain"].entries()) {
      await edit(one, { "src/main.rs": `fn main() { println!("${index} {}", core_lib::line("x")); }\n` });
      const build = await (tool === "plain" ? sandbox.cargo : sandbox.green).call(sandbox, ["build"], {
        in: one,
      });
      expect(build.compiled.filter((name) => name !== "app")).toEqual(
        index === 0 ? ["answer", "build_script_build", "core_lib", "generated", "leaf"] : [],
      );
      expect(await runApp(one)).toBe(`${index} core x 42 generated\n`);
    }
    await expectPlainFresh(sandbox, ["build"], { in: one });
  });

  it("with vendored sources follow what is touched or edited there, as plain cargo does", async () => {
    const vendored = (project: string) => join(project, "vendor");
    const make = (name: string) => {
      const project = sandbox.project(name, {
        ".cargo/config.toml": `[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor"\n`,
        "Cargo.toml": manifest("app", dependsOn("carried")),
        "src/main.rs": `fn main() { println!("{} {}", carried::WORD, carried::CODE); }\n`,
      });
      vendor(vendored(project), {
        "Cargo.toml": manifest("carried"),
        "build.rs": `fn main() {
    println!("cargo::rustc-env=WORD={}", std::fs::read_to_string("word.txt").unwrap().trim());
}
`,
        "word.txt": "word",
        "src/lib.rs": `pub const WORD: &str = env!("WORD");\npub const CODE: &str = "code";\n`,
      });
      return project;
    };
    const one = make("one");
    const two = make("two");
    await sandbox.green(["build"], { in: one });
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe("word code\n");
    await expectPlainFresh(sandbox, ["build"], { in: two });
    for (const file of ["word.txt", "src/lib.rs", "build.rs", "Cargo.toml"]) {
      touch(join(vendored(two), "carried", file));
      await sandbox.green(["build"], { in: two });
      expect(await runApp(two)).toBe("word code\n");
      await expectPlainFresh(sandbox, ["build"], { in: two });
    }
    writeFileSync(join(vendored(two), "carried/word.txt"), "WORD");
    await edit(vendored(two), {
      "carried/src/lib.rs": `pub const WORD: &str = env!("WORD");\npub const CODE: &str = "CODE";\n`,
    });
    await sandbox.cargo(["clean"], { in: two });
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe("WORD CODE\n");
    expect(await runApp(one)).toBe("word code\n");
  });

  it("take packages of git repositories, by commit", async () => {
    const git = (directory: string, ...args: string[]) =>
      sandbox.run(["git", "-c", "user.name=x", "-c", "user.email=x", ...args], { in: directory });
    const upstream = sandbox.project("upstream", {
      "Cargo.toml": manifest("remote_crate"),
      "src/lib.rs": `pub const WORD: &str = "first";\n`,
    });
    await git(upstream, "init", "-q", "-b", "main");
    await git(upstream, "add", ".");
    await git(upstream, "commit", "-qm", "first");
    const files = {
      "Cargo.toml": manifest(
        "app",
        `[dependencies]\nremote_crate = { git = "file://${upstream}", branch = "main" }\n`,
      ),
      "src/main.rs": `fn main() { println!("{}", remote_crate::WORD); }\n`,
    };
    const env = { CARGO_NET_OFFLINE: undefined };
    const one = sandbox.project("one", files);
    await sandbox.green(["build"], { in: one, env });
    const two = sandbox.checkout(one, "two");
    const restored = await sandbox.green(["build"], { in: two, env });
    onlyGreen(() => expect(restored.compiled).toEqual([]));
    expect(await runApp(two)).toBe("first\n");
    await expectPlainFresh(sandbox, ["build"], { in: two, env });
    await edit(upstream, { "src/lib.rs": `pub const WORD: &str = "second";\n` });
    await git(upstream, "commit", "-qam", "second");
    await sandbox.cargo(["update"], { in: two, env });
    await sandbox.green(["build"], { in: two, env });
    expect(await runApp(two)).toBe("second\n");
  });

  it("use a patched or path package instead of the published one", async () => {
    const one = workspace(sandbox, "one");
    await sandbox.green(["build"], { in: one });
    const two = sandbox.checkout(one, "two");
    await edit(two, {
      ".cargo/config.toml": `[patch.crates-io]\nleaf = { path = "patched" }\n`,
      "patched/Cargo.toml": `${manifest("leaf")}\n[workspace]\n`,
      "patched/src/lib.rs": `pub fn leaf() -> &'static str { "PATCHED" }\n`,
    });
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe("app core PATCHED 42 generated\n");
    await edit(two, { "patched/src/lib.rs": `pub fn leaf() -> &'static str { "again" }\n` });
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe("app core again 42 generated\n");
    await expectPlainFresh(sandbox, ["build"], { in: two });
  });
});
