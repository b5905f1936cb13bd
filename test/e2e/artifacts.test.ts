// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyCheckout, edit, touch } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { dependsOn, manifest, textCrate, WORKSPACE_LINE, workspace } from "../support/projects.ts";
import { onlyGreen, PLAIN, REPLAYS, Sandbox } from "../support/sandbox.ts";

describe("restored files", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });
  const deps = (directory: string, pattern: RegExp) =>
    readdirSync(join(directory, "target/debug/deps"))
      .filter((name) => pattern.test(name))
      .map((name) => join(directory, "target/debug/deps", name));

  it.skipIf(PLAIN)(
    "may be touched, truncated or rewritten in one checkout without harm to others",
    async () => {
      const one = workspace(sandbox, "one");
      await sandbox.green(["build"], { in: one });
      const two = sandbox.checkout(one, "two");
      const three = sandbox.checkout(one, "three");
      await sandbox.green(["build"], { in: two });
      await sandbox.green(["build"], { in: three });
      const mtimes = () => deps(three, /./).map((file) => [file, statSync(file, { bigint: true }).mtimeNs]);
      const before = mtimes();
      const [leaf = ""] = deps(two, /^libleaf-.*\.rlib$/);
      const [core = ""] = deps(two, /^libcore_lib-.*\.rlib$/);
      const [metadata = ""] = deps(two, /^libgenerated-.*\.rmeta$/);
      const [app = ""] = deps(two, /^app-[0-9a-f]+$/);
      for (const file of [leaf, core, metadata, app]) {
        chmodSync(file, 0o755);
        touch(file, new Date());
      }
      truncateSync(leaf, 10);
      appendFileSync(core, "tail");
      writeFileSync(metadata, "rewritten");
      writeFileSync(app, "#!/bin/sh\necho tampered\n");
      // What was replayed may be another name of the same file; what was restored is a copy.
      if (!REPLAYS) {
        expect(mtimes()).toEqual(before);
        await expectPlainFresh(sandbox, ["build"], { in: three });
      }
      const four = sandbox.checkout(one, "four");
      const build = await sandbox.green(["build"], { in: four });
      expect(await runApp(four)).toBe(`${WORKSPACE_LINE}\n`);
      expect(build.compiled).toEqual([]);
      for (const directory of [one, three]) expect(await runApp(directory)).toBe(`${WORKSPACE_LINE}\n`);
      // In the checkout itself, everything compiled against a damaged file must not be taken for the real thing.
      await sandbox.cargo(["clean"], { in: two });
      await sandbox.green(["build"], { in: two });
      expect(await runApp(two)).toBe(`${WORKSPACE_LINE}\n`);
      await expectPlainFresh(sandbox, ["build"], { in: two });
      await sandbox.cache(["verify"]);
    },
  );

  it.skipIf(PLAIN)("are never made from a file of the store that was damaged", async () => {
    const one = workspace(sandbox, "one");
    await sandbox.green(["build"], { in: one });
    let damaged = 0;
    for (const entry of readdirSync(join(sandbox.store, "files"), { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (!entry.isFile() || statSync(file).size < 100) continue;
      chmodSync(file, 0o644);
      const { atime, mtime } = statSync(file);
      if (damaged++ % 2 === 0) truncateSync(file, statSync(file).size - 1);
      else appendFileSync(file, "x");
      utimesSync(file, atime, mtime);
    }
    expect(damaged).toBeGreaterThan(3);
    const two = sandbox.checkout(one, "two");
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe(`${WORKSPACE_LINE}\n`);
    const three = sandbox.checkout(one, "three");
    await sandbox.green(["build"], { in: three });
    expect(await runApp(three)).toBe(`${WORKSPACE_LINE}\n`);
  });

  it("speak of sensible paths in panics and backtraces, and never of another checkout", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("bomb"),
      "src/lib.rs": `#[inline(never)]\npub fn explode() {\n    panic!("boom");\n}\n`,
    });
    const files = {
      "Cargo.toml": `[workspace]\nmembers = ["fuse"]\n\n${manifest("app", `[dependencies]\nfuse = { path = "fuse" }\n`)}`,
      "src/main.rs": `fn main() {
    let _ = std::panic::catch_unwind(|| { fuse::burn(); });
    let _ = std::panic::catch_unwind(|| { panic!("own"); });
    panic!("{}", fuse::place());
}
`,
      "fuse/Cargo.toml": manifest("fuse", dependsOn("bomb")),
      "fuse/src/lib.rs": `#[inline(never)]
pub fn burn() {
    bomb::explode();
}
pub fn place() -> &'static str { file!() }
`,
    };
    const control = sandbox.project("control", files);
    const one = sandbox.project("one", files);
    const two = sandbox.project("two", files);
    const say = (directory: string) =>
      sandbox.cargo(["run", "-q"], { in: directory, expect: 101, env: { RUST_BACKTRACE: "1" } });
    await sandbox.cargo(["build"], { in: control });
    const plain = (await say(control)).stderr;
    const source = /[^ ]*\bbomb-1\.0\.0\/src\/lib\.rs:3:5/;
    expect(plain).toMatch(source);
    for (const project of [one, two]) {
      await sandbox.green(["build"], { in: project });
      const said = (await say(project)).stderr;
      expect(said).toMatch(source);
      expect(said).toContain("src/main.rs:3:43");
      expect(said).toMatch(/fuse\/src\/lib\.rs:3:5/);
      expect(said).toContain("bomb::explode");
      expect(said.includes(`${project === one ? two : one}/`), said).toBe(false);
      // A path of the workspace is shown where it is, or relative to where one stands.
      const positions = [...said.matchAll(/ (\/\S*)\/(?:src\/main|fuse\/src\/lib)\.rs:/g)].map(
        (match) => match[1],
      );
      for (const path of positions) expect(path).toBe(project);
    }
  });

  it("are never mixed: a dependent compiled against other bytes of a dependency is not restored", async () => {
    // Each compilation of `stamp` differs: a dependent holds the stamp of the one it was compiled against.
    sandbox.publish({
      "Cargo.toml": manifest("clock", "[lib]\nproc-macro = true\n"),
      "src/lib.rs": `extern crate proc_macro;
#[proc_macro]
pub fn now(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("{}u128", now.as_nanos()).parse().unwrap()
}
`,
    });
    sandbox.publish({
      "Cargo.toml": manifest("stamp", dependsOn("clock")),
      "src/lib.rs": "pub const STAMP: u128 = clock::now!();\npub fn generic<T>(_: T) -> u128 { STAMP }\n",
    });
    sandbox.publish({
      "Cargo.toml": manifest("middle", dependsOn("stamp")),
      "src/lib.rs": "pub fn stamp() -> u128 { stamp::STAMP }\n",
    });
    const one = sandbox.project("one", {
      "Cargo.toml": manifest("app", dependsOn("stamp", "middle")),
      "src/main.rs": `fn main() {
    assert_eq!(stamp::STAMP, middle::stamp());
    assert_eq!(stamp::generic("x"), middle::stamp());
    println!("{}", stamp::STAMP);
}
`,
    });
    await sandbox.cargo(["generate-lockfile"], { in: one });
    await sandbox.green(["build"], { in: one });
    const first = await runApp(one);
    const forget = async (crate: string) => {
      if (!PLAIN) await sandbox.cache(["rm", crate, "--yes"]);
    };
    await forget("stamp");
    const two = sandbox.checkout(one, "two");
    await sandbox.green(["build"], { in: two });
    const second = await runApp(two);
    expect(second).not.toBe(first);
    await forget("middle");
    const three = sandbox.checkout(one, "three");
    await sandbox.green(["build"], { in: three });
    const third = await runApp(three);
    onlyGreen(() => expect([first, second]).toContain(third));
    // In a target that holds the first result, with one package cleaned away.
    await forget("stamp");
    await sandbox.cargo(["clean", "-p", "stamp"], { in: one });
    await sandbox.green(["build"], { in: one });
    expect(await runApp(one)).not.toBe("");
    await sandbox.cargo(["clean", "-p", "middle"], { in: one });
    await sandbox.green(["build"], { in: one });
    await runApp(one);
    await expectPlainFresh(sandbox, ["build"], { in: one });
  });

  it("serve cdylibs, static libraries, dylibs and examples as well", async () => {
    sandbox.publish(textCrate("leaf", "leaf"));
    const files = {
      "Cargo.toml": manifest(
        "shapes",
        `[lib]\ncrate-type = ["cdylib", "staticlib", "rlib"]\n\n${dependsOn("leaf")}`,
      ),
      "src/lib.rs": `#[no_mangle]\npub extern "C" fn number() -> usize { leaf::leaf().len() }\n`,
      "examples/app.rs": `fn main() { println!("{}", shapes::number()); }\n`,
      "main.c": `#include <stdio.h>\n#include <stddef.h>\nsize_t number(void);\nint main(void) { printf("%zu\\n", number()); return 0; }\n`,
    };
    for (const name of ["one", "two"]) {
      const project = sandbox.project(name, files);
      const build = await sandbox.green(["build", "--examples", "--lib"], { in: project });
      if (name === "two") onlyGreen(() => expect(build.compiled).toEqual([]));
      const link = (library: string) =>
        sandbox.run(["cc", "main.c", library, "-o", "main", "-lpthread", "-ldl", "-lm"], { in: project });
      await link("target/debug/libshapes.a");
      expect(await sandbox.run(["./main"], { in: project })).toBe("4\n");
      await link("target/debug/libshapes.so");
      expect(await sandbox.run(["env", "LD_LIBRARY_PATH=target/debug", "./main"], { in: project })).toBe(
        "4\n",
      );
      expect(await sandbox.run(["target/debug/examples/app"], { in: project })).toBe("4\n");
      await expectPlainFresh(sandbox, ["build", "--examples", "--lib"], { in: project });
    }
  });

  it("are right after the other checkout was removed, and after an edit was taken back", async () => {
    const one = workspace(sandbox, "one");
    await sandbox.green(["build"], { in: one });
    const two = sandbox.path("two");
    copyCheckout(one, two);
    await sandbox.run(["rm", "-rf", one], { in: sandbox.root });
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe(`${WORKSPACE_LINE}\n`);
    const source = `fn main() { println!("other"); }\n`;
    const original = await sandbox.run(["cat", "src/main.rs"], { in: two });
    await edit(two, { "src/main.rs": source });
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe("other\n");
    await edit(two, { "src/main.rs": original });
    const back = await sandbox.green(["build"], { in: two });
    onlyGreen(() => expect(back.compiled).toEqual([]));
    expect(await runApp(two)).toBe(`${WORKSPACE_LINE}\n`);
  });
});
