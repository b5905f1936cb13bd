// SPDX-License-Identifier: MIT OR Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { edit, writeFiles } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { dependsOn, manifest, textCrate } from "../support/projects.ts";
import { onlyGreen, PLAIN, Sandbox } from "../support/sandbox.ts";

describe("what a compilation reads", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });
  const buildAndRun = async (directory: string, env: Record<string, string> = {}) => {
    const build = await sandbox.green(["build"], { in: directory, env });
    return { said: await runApp(directory), compiled: build.compiled };
  };

  it("includes modules, included files inside and outside the package, and generated ones", async () => {
    const one = sandbox.project("one/project", {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=seed.txt");
    let seed = std::fs::read_to_string("seed.txt").unwrap();
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out}/gen.rs"), format!("{:?}", seed.trim())).unwrap();
}
`,
      "seed.txt": "seed",
      "data/inside.txt": "inside",
      "src/main.rs": `mod part;
const GENERATED: &str = include!(concat!(env!("OUT_DIR"), "/gen.rs"));
fn main() {
    print!("{} {} ", part::PART, GENERATED);
    println!("{} {}", include_str!("../data/inside.txt"), include_str!("../../outside.txt"));
}
`,
      "src/part.rs": `pub const PART: &str = "part";\n`,
    });
    writeFiles(sandbox.path("one"), { "outside.txt": "outside" });
    expect((await buildAndRun(one)).said).toBe("part seed inside outside\n");
    sandbox.checkout(sandbox.path("one"), "two");
    await sandbox.run(["rm", "-rf", "target"], { in: sandbox.path("two/project") });
    const two = sandbox.path("two/project");
    const restored = await buildAndRun(two);
    expect(restored.said).toBe("part seed inside outside\n");
    onlyGreen(() => expect(restored.compiled).toEqual([]));
    const changes = [
      ["src/part.rs", `pub const PART: &str = "PART";\n`, "PART seed inside outside\n"],
      ["seed.txt", "SEED", "PART SEED inside outside\n"],
      ["data/inside.txt", "INSIDE", "PART SEED INSIDE outside\n"],
      ["../outside.txt", "OUTSIDE", "PART SEED INSIDE OUTSIDE\n"],
    ] as const;
    for (const [file, text, said] of changes) {
      await edit(two, { [file]: text });
      expect(await buildAndRun(two), file).toMatchObject({ said, compiled: ["app"] });
    }
    expect((await buildAndRun(one)).said).toBe("part seed inside outside\n");
    await expectPlainFresh(sandbox, ["build"], { in: two });
  });

  it("includes variables that env! and option_env! read, set and unset, in a clean target too", async () => {
    const one = sandbox.project("one", {
      "Cargo.toml": manifest("app"),
      "src/main.rs": `fn main() { println!("{:?} {}", option_env!("MAYBE"), env!("SURELY")); }\n`,
    });
    const steps = [
      [{ SURELY: "a" }, "None a\n"],
      [{ SURELY: "b" }, "None b\n"],
      [{ SURELY: "b", MAYBE: "" }, `Some("") b\n`],
      [{ SURELY: "b", MAYBE: "c" }, `Some("c") b\n`],
      [{ SURELY: "a" }, "None a\n"],
    ] as const;
    for (const [env, said] of steps) expect((await buildAndRun(one, env)).said).toBe(said);
    for (const [index, [env, said]] of steps.entries()) {
      const other = sandbox.checkout(one, `other-${index}`);
      const restored = await buildAndRun(other, env);
      expect(restored.said).toBe(said);
      onlyGreen(() => expect(restored.compiled).toEqual([]));
      await expectPlainFresh(sandbox, ["build"], { in: other, env });
    }
  });

  it("includes a checkout's own path where the program asks for it", async () => {
    const files = {
      "Cargo.toml": `[workspace]\nmembers = ["inner"]\n\n${manifest("app", `[dependencies]\ninner = { path = "inner" }\n`)}`,
      "src/main.rs": `fn main() { println!("{}\\n{}", env!("CARGO_MANIFEST_DIR"), inner::here()); }\n`,
      "inner/Cargo.toml": manifest("inner"),
      "inner/src/lib.rs": `pub fn here() -> &'static str { concat!(env!("CARGO_MANIFEST_DIR"), "/data") }\n`,
    };
    for (const name of ["one", "two", "one-more"]) {
      const project = sandbox.project(name, files);
      expect((await buildAndRun(project)).said).toBe(`${project}\n${project}/inner/data\n`);
    }
  });

  it("includes what a proc-macro reads undeclared: files of the calling package, and variables", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("nosy", "[lib]\nproc-macro = true\n"),
      "src/lib.rs": `extern crate proc_macro;
#[proc_macro]
pub fn word(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let word = std::fs::read_to_string(format!("{here}/words/word.txt")).unwrap();
    let variable = std::env::var("NOSY").unwrap_or_default();
    format!("{:?}", format!("{} {variable}", word.trim())).parse().unwrap()
}
`,
    });
    const one = sandbox.project("one", {
      "Cargo.toml": `[workspace]\nmembers = ["user"]\n\n${manifest("app", `[dependencies]\nuser = { path = "user" }\n`)}`,
      "src/main.rs": `fn main() { println!("{}", user::WORD); }\n`,
      "user/Cargo.toml": manifest("user", dependsOn("nosy")),
      "user/src/lib.rs": "pub const WORD: &str = nosy::word!();\n",
      "user/words/word.txt": "one",
    });
    expect((await buildAndRun(one, { NOSY: "x" })).said).toBe("one x\n");
    const two = sandbox.checkout(one, "two");
    writeFiles(two, { "user/words/word.txt": "two" });
    expect((await buildAndRun(two, { NOSY: "x" })).said).toBe("two x\n");
    const three = sandbox.checkout(one, "three");
    expect((await buildAndRun(three, { NOSY: "y" })).said).toBe("one y\n");
    // Cargo itself does not see these changes; only a compilation that happens anyway must be right.
    await edit(one, { "user/words/word.txt": "other" });
    await sandbox.cargo(["clean", "-p", "user"], { in: one });
    expect((await buildAndRun(one, { NOSY: "z" })).said).toBe("other z\n");
  });

  it("includes what a proc-macro reads undeclared elsewhere in the workspace, where nothing keeps it from that", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("roamer", "[lib]\nproc-macro = true\n"),
      "src/lib.rs": `extern crate proc_macro;
#[proc_macro]
pub fn word(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let word = std::fs::read_to_string(format!("{here}/../schema.txt")).unwrap();
    format!("{:?}", word.trim()).parse().unwrap()
}
`,
    });
    const one = sandbox.project("one", {
      "Cargo.toml": `[workspace]\nmembers = ["user"]\n\n${manifest("app", `[dependencies]\nuser = { path = "user" }\n`)}`,
      "src/main.rs": `fn main() { println!("{}", user::WORD); }\n`,
      "user/Cargo.toml": manifest("user", dependsOn("roamer")),
      "user/src/lib.rs": "pub const WORD: &str = roamer::word!();\n",
      "schema.txt": "one",
    });
    expect((await buildAndRun(one)).said).toBe("one\n");
    await sandbox.cargo(["clean"], { in: one });
    expect(await buildAndRun(one)).toEqual({ said: "one\n", compiled: [] });
    await edit(one, { "schema.txt": "two" });
    await sandbox.cargo(["clean"], { in: one });
    expect((await buildAndRun(one)).said).toBe("two\n");
  });

  it.skipIf(PLAIN)("is not recorded when a source was saved while the compiler ran", async () => {
    const source = (word: string) => `fn main() { println!("${word}"); }\n`;
    const files = (word: string) => ({ "Cargo.toml": manifest("app"), "src/main.rs": source(word) });
    const one = sandbox.project("one", files("first"));
    for (const when of ["before", "after"] as const) {
      // `before`: after our look at the source, before rustc's. `after`: after rustc's, before ours.
      await edit(one, { "src/main.rs": source(`first ${when}`) });
      sandbox.hook("app", when, `printf '%s' '${source(`second ${when}`)}' > ${one}/src/main.rs`);
      await sandbox.green(["build"], { in: one });
      sandbox.unhook("app");
      for (const word of [`first ${when}`, `second ${when}`]) {
        const other = sandbox.project(`${when} ${word}`, files(word));
        expect((await buildAndRun(other)).said).toBe(`${word}\n`);
      }
      await buildAndRun(one);
      expect(await runApp(one)).toBe(`second ${when}\n`);
    }
  });

  it("includes whether two feature sets, profiles or flags were asked for", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("optional", "[features]\nloud = []\n"),
      "src/lib.rs": `pub fn say() -> &'static str { if cfg!(feature = "loud") { "LOUD" } else { "soft" } }\n`,
    });
    const app = (name: string, features: string) =>
      sandbox.project(name, {
        "Cargo.toml": manifest(
          "app",
          `[dependencies]\noptional = { version = "1", features = [${features}] }\n`,
        ),
        "src/main.rs": `fn main() {
    println!("{} {} {}", optional::say(), cfg!(debug_assertions), cfg!(flagged));
}
`,
      });
    const soft = app("soft", "");
    const loud = app("loud", `"loud"`);
    const flagged = { RUSTFLAGS: "--cfg flagged --check-cfg cfg(flagged)" };
    for (const _ of [1, 2]) {
      expect((await buildAndRun(soft)).said).toBe("soft true false\n");
      expect((await buildAndRun(loud)).said).toBe("LOUD true false\n");
      expect((await buildAndRun(soft, flagged)).said).toBe("soft true true\n");
      expect((await buildAndRun(soft)).said).toBe("soft true false\n");
      await sandbox.green(["build", "--release"], { in: soft });
      expect(await sandbox.run(["target/release/app"], { in: soft })).toBe("soft false false\n");
    }
  });

  it.skipIf(PLAIN)("excludes nothing with target-cpu=native: never restored as such", async () => {
    sandbox.publish(textCrate("leaf", "leaf"));
    const one = sandbox.project("one", {
      "Cargo.toml": manifest("app", dependsOn("leaf")),
      "src/main.rs": `fn main() { println!("{}", leaf::leaf()); }\n`,
    });
    const env = { RUSTFLAGS: "-C target-cpu=native" };
    const two = sandbox.checkout(one, "two");
    await buildAndRun(one, env);
    const again = await buildAndRun(two, env);
    expect(again).toEqual({ said: "leaf\n", compiled: ["app", "leaf"] });
    const named = await buildAndRun(sandbox.checkout(one, "three"), { RUSTFLAGS: "-C target-cpu=x86-64" });
    expect(named.compiled).toEqual(["app", "leaf"]);
  });
});
