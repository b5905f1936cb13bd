// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  cpSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { edit, writeFiles } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import {
  dependsOn,
  manifest,
  WORKSPACE_CRATES,
  WORKSPACE_LINE,
  WORKSPACE_UNITS,
  workspace,
} from "../support/projects.ts";
import { type CargoOptions, PLAIN, Sandbox } from "../support/sandbox.ts";

interface Adopted {
  readonly units: readonly {
    readonly package: string;
    readonly kind: string;
    readonly target: string;
    readonly outcome: "adopted" | "known" | "left";
    readonly left?: string;
    readonly reason?: string;
  }[];
}

interface Verified {
  readonly rebuilt: readonly {
    readonly unit: { readonly package: string; readonly kind: string };
    readonly outcome: string;
  }[];
}

describe.skipIf(PLAIN)("cache adopt", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  /** Adopts, and says how many units ended how, and which are left: `app bin: changed`. */
  async function adopt(args: readonly string[], options: CargoOptions) {
    const ran = await sandbox.cache(["adopt", "--json", ...args], options);
    expect(ran.compiled).toEqual([]);
    const { units } = JSON.parse(ran.stdout) as Adopted;
    const count = (outcome: string) => units.filter((unit) => unit.outcome === outcome).length;
    const left = units.filter((unit) => unit.outcome === "left");
    return {
      adopted: count("adopted"),
      known: count("known"),
      left: left.map((unit) => `${unit.package} ${unit.kind}: ${unit.left}`).sort(),
      reasons: left.map(({ reason }) => reason),
    };
  }
  const ALL = { adopted: WORKSPACE_UNITS, known: 0, left: [], reasons: [] };

  /** Plain cargo, at a distance from the edits before and after it. */
  async function plain(args: readonly string[], options: CargoOptions) {
    await edit(options.in, {});
    await sandbox.cargo(args, options);
    await edit(options.in, {});
  }
  const clean = (directory: string) => rmSync(join(directory, "target"), { recursive: true });
  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });

  it("takes in what plain cargo built, leaves it as it is, and spares the next build every compiler", async () => {
    const app = workspace(sandbox, "app");
    await plain(["build"], { in: app });
    const before = snapshot(join(app, "target"));
    const executable = readFileSync(join(app, "target/debug/app"));
    expect(await adopt(["--dry-run"], { in: app })).toEqual(ALL);
    expect(await sandbox.cacheJson(["ls"])).toMatchObject({ units: [] });
    expect(await adopt([], { in: app })).toEqual(ALL);
    expect(await adopt(["build"], { in: app })).toEqual({ ...ALL, adopted: 0, known: WORKSPACE_UNITS });
    expect(snapshot(join(app, "target"))).toEqual(before);
    expect(readdirSync(join(sandbox.store, "tmp"))).toEqual([]);
    await expectPlainFresh(sandbox, ["build"], { in: app });
    for (const args of [["build"], ["build", "--no-replay"]]) {
      clean(app);
      const built = await sandbox.green(args, { in: app });
      expect(built.compiled).toEqual([]);
      expect(readFileSync(join(app, "target/debug/app")).equals(executable)).toBe(true);
      expect(await runApp(app)).toBe(`${WORKSPACE_LINE}\n`);
      await expectPlainFresh(sandbox, ["build"], { in: app });
    }
    const { rebuilt } = (await sandbox.cacheJson(["verify", "--rebuild", "9"], {
      in: app,
      expect: "any",
    })) as Verified;
    // A crate's hash, in which the paths of its sources are, is another for what is generated elsewhere.
    const others = rebuilt.filter(({ unit }) => unit.package !== "generated" || unit.kind !== "lib");
    expect(others.map(({ outcome }) => outcome)).toEqual(["same", "same", "same"]);
    await edit(app, { "core_lib/src/lib.rs": "pub fn line(word: &str) -> String { word.to_string() }\n" });
    expect((await sandbox.green(["build"], { in: app })).compiled).toEqual(["app", "core_lib"]);
    expect(await runApp(app)).toBe("app leaf\n");
  });

  it("says in a line what it did", async () => {
    const app = workspace(sandbox, "app");
    expect((await sandbox.cache(["adopt"], { in: app })).stdout).toMatch(
      /: it was not built here\n {3}and 6 more units for the same reason\nAdopted 0 of 7 units \(0 B\); 7 left: 7 not built here\nName what you build with/,
    );
    await plain(["build"], { in: app });
    expect((await sandbox.cache(["adopt", "-n"], { in: app })).stdout).toMatch(
      /^Would adopt 7 of 7 units \(.+B\)\n$/,
    );
    const refused = await sandbox.cache(["adopt", "doc"], { in: app, expect: 2 });
    expect(refused.stderr).toContain("cargo doc");
    const env = { CARGOGREEN_SANDBOX: "enforce" };
    const unwanted = await sandbox.cache(["adopt"], { in: app, env, expect: 2 });
    expect(unwanted.stderr).toContain("sandbox");
  });

  it("takes nothing that was edited since, nor what stands on it, whatever the file's mtime says", async () => {
    const app = workspace(sandbox, "app");
    const source = join(app, "core_lib/src/lib.rs");
    const text = readFileSync(source, "utf8");
    await plain(["build"], { in: app });
    const { atime, mtime } = statSync(source);
    await edit(app, { "core_lib/src/lib.rs": text.replace("core {word}", "other {word}") });
    utimesSync(source, atime, mtime);
    const found = await adopt([], { in: app });
    expect(found).toMatchObject({
      adopted: WORKSPACE_UNITS - 2,
      left: ["app bin: dependency", "core_lib lib: changed"],
    });
    clean(app);
    expect((await sandbox.green(["build"], { in: app })).compiled).toEqual(["app", "core_lib"]);
    expect(await runApp(app)).toBe("app other leaf 42 generated\n");
  });

  it("takes nothing that other flags, profiles or compilers made", async () => {
    const app = workspace(sandbox, "app");
    const none = WORKSPACE_CRATES.length;
    await plain(["build"], { in: app, env: { RUSTFLAGS: "-Copt-level=1" } });
    expect(await adopt([], { in: app })).toMatchObject({ adopted: 0 });
    expect(await adopt(["build", "--release"], { in: app })).toMatchObject({ adopted: 0 });
    await plain(["build", "--release"], { in: app, toolchain: "+nightly" });
    expect(await adopt(["build", "--release"], { in: app })).toMatchObject({ adopted: 0 });
    expect(await adopt(["+nightly", "build", "--release"], { in: app })).toMatchObject({
      adopted: WORKSPACE_UNITS,
    });
    clean(app);
    expect((await sandbox.green(["build", "--release"], { in: app })).compiled).toHaveLength(none);
    clean(app);
    const again = await sandbox.green(["build", "--release"], { in: app, toolchain: "+nightly" });
    expect(again.compiled).toEqual([]);
  });

  it("gives a checkout elsewhere what does not name the first one", async () => {
    const app = workspace(sandbox, "app");
    await plain(["build"], { in: app });
    await adopt([], { in: app });
    const two = sandbox.checkout(app, "two");
    const built = await sandbox.green(["build"], { in: two });
    expect(built.compiled).toEqual(["app", "core_lib"]);
    expect(await runApp(two)).toBe(`${WORKSPACE_LINE}\n`);
    expect(readFileSync(join(two, "target/debug/app")).includes(app)).toBe(false);
  });

  it("takes from a copied directory nothing that depends on the system that it was built on", async () => {
    const app = workspace(sandbox, "app");
    await plain(["build"], { in: app });
    const two = sandbox.path("two");
    await edit(app, {});
    cpSync(app, two, { recursive: true, preserveTimestamps: true });
    const found = await adopt([], { in: two });
    expect(found).toMatchObject({ adopted: 1 }); // leaf
    expect(found.left).toEqual([
      "answer proc-macro: unproven",
      "app bin: dependency",
      "core_lib lib: dependency",
      "generated build-script-run: changed",
      "generated build-script: unproven",
      "generated lib: dependency",
    ]);
  });

  it("tells what another checkout built in the same directory", async () => {
    const env = { CARGO_TARGET_DIR: sandbox.path("shared") };
    const one = workspace(sandbox, "one");
    const two = sandbox.checkout(one, "two");
    await edit(two, { "src/main.rs": `fn main() { println!("two {}", leaf::leaf()); }\n` });
    for (const args of [["build"], ["build", "--release"]]) {
      await plain(args, { in: one, env });
      const found = await adopt(args, { in: two, env });
      expect(found.left).toEqual(
        args.length === 1
          ? ["app bin: dependency", "core_lib lib: unproven"]
          : ["app bin: dependency", "core_lib lib: unproven"],
      );
      await sandbox.green(args, { in: two, env: { CARGO_TARGET_DIR: undefined } });
      const profile = args.length === 1 ? "debug" : "release";
      expect(await sandbox.run([`target/${profile}/app`], { in: two })).toBe("two leaf\n");
    }
  });

  it("takes a program that nothing in it places from cargo's own choice of directory alone", async () => {
    const app = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "src/main.rs": `fn main() { println!("app"); }\n`,
    });
    const env = { CARGO_TARGET_DIR: sandbox.path("shared") };
    await plain(["build", "--release"], { in: app, env });
    expect((await adopt(["build", "--release"], { in: app, env })).left).toEqual(["app bin: unproven"]);
    await plain(["build", "--release"], { in: app });
    expect(await adopt(["build", "--release"], { in: app })).toMatchObject({ adopted: 1 });
  });

  it("takes nothing that was written to since, and nothing that is not complete", async () => {
    const app = workspace(sandbox, "app");
    await plain(["build"], { in: app });
    const deps = join(app, "target/debug/deps");
    const named = (pattern: RegExp) => join(deps, readdirSync(deps).find((name) => pattern.test(name)) ?? "");
    await edit(deps, { [named(/^app-\w+$/).slice(deps.length + 1)]: "stripped" });
    rmSync(named(/^libleaf-.*\.rlib$/));
    const generated = readdirSync(join(app, "target/debug/build")).find((name) =>
      lstatSync(join(app, "target/debug/build", name, "out"), { throwIfNoEntry: false })?.isDirectory(),
    );
    await edit(join(app, "target/debug/build", generated ?? "", "out"), { "word.rs": `"forged"` });
    expect((await adopt([], { in: app })).left).toEqual([
      "app bin: dependency",
      "core_lib lib: dependency",
      "generated build-script-run: changed",
      "generated lib: changed",
      "leaf lib: changed",
    ]);
  });

  it("takes no file that an earlier run of a build script left", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("gen", "build = true\n").replace("\n\nbuild = true", "\nbuild = true"),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-env-changed=NAME");
    let out = std::env::var("OUT_DIR").unwrap();
    let name = std::env::var("NAME").unwrap_or_default();
    std::fs::write(format!("{out}/{name}.txt"), &name).unwrap();
    println!("cargo::rustc-env=NAMED={name}");
}
`,
      "src/lib.rs": `pub const NAME: &str = env!("NAMED");\n`,
    });
    const app = sandbox.project("app", {
      "Cargo.toml": manifest("app", dependsOn("gen")),
      "src/main.rs": `fn main() { println!("{}", gen::NAME); }\n`,
    });
    await plain(["build"], { in: app, env: { NAME: "one" } });
    await plain(["build"], { in: app, env: { NAME: "two" } });
    const env = { NAME: "two" };
    expect(await adopt([], { in: app, env: { NAME: "one" } })).toMatchObject({ adopted: 1 });
    expect((await adopt([], { in: app, env })).left).toEqual(["gen build-script-run: changed"]);
    clean(app);
    const built = await sandbox.green(["build"], { in: app, env });
    expect(built.compiled).toEqual(["app", "gen"]); // its own OUT_DIR has less in it
    expect(await runApp(app)).toBe("two\n");
    clean(app);
    await sandbox.green(["build"], { in: app, env: { NAME: "three" } });
    expect(await runApp(app)).toBe("three\n");
  });

  it("asks the values of variables to be known", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("says", "[lib]\nproc-macro = true\n"),
      "src/lib.rs": `extern crate proc_macro;
#[proc_macro]
pub fn says(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    format!("{:?}", std::env::var("MACRO_WORD").unwrap_or_default()).parse().unwrap()
}
`,
    });
    const app = sandbox.project("app", {
      "Cargo.toml": `[workspace]\nmembers = ["macros"]\n\n${manifest("app", "")}`,
      "src/main.rs": `fn main() { println!("{:?}", option_env!("WORD")); }\n`,
      "macros/Cargo.toml": manifest("macros", dependsOn("says")),
      "macros/src/lib.rs": "pub const SAID: &str = says::says!();\n",
    });
    const args = ["build", "--workspace"];
    const env = { WORD: "one", MACRO_WORD: "one" };
    await plain(args, { in: app, env });
    const found = await adopt(["--dry-run", ...args], { in: app, env });
    expect(found).toMatchObject({ adopted: 2, left: ["macros lib: unproven"] });
    expect(found.reasons).toEqual(["which value MACRO_WORD had is not known"]);
    const other = await adopt(["--dry-run", ...args], { in: app, env: { WORD: "two" } });
    expect(other.left).toContain("app bin: changed");
  });

  it("takes a member's build script that declares what it reads, unless it may have asked git", async () => {
    const script = (text: string) => `fn main() {
    println!("cargo::rerun-if-changed=word.txt");
    println!("cargo::rustc-env=WORD={}", include_str!("word.txt").trim());
    ${text}
}
`;
    const app = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "build.rs": script(""),
      "word.txt": "one",
      "src/main.rs": `fn main() { println!("{}", env!("WORD")); }\n`,
      ".gitignore": "target\n",
    });
    await sandbox.run(["git", "init", "-q"], { in: app });
    await plain(["build"], { in: app });
    expect(await adopt([], { in: app })).toMatchObject({ adopted: 3, left: [] });
    clean(app);
    expect((await sandbox.green(["build"], { in: app })).compiled).toEqual([]);
    await edit(app, {
      "build.rs": script(`let _ = std::process::Command::new("git").arg("rev-parse").status();`),
    });
    clean(app);
    await plain(["build"], { in: app });
    // The program is the one that was taken in before: it got the same from another script.
    expect(await adopt([], { in: app })).toMatchObject({
      adopted: 1,
      known: 1,
      left: ["app build-script-run: unproven"],
    });
    await edit(app, { "build.rs": `fn main() { println!("cargo::rustc-env=WORD=none"); }\n` });
    clean(app);
    await plain(["build"], { in: app });
    const found = await adopt([], { in: app });
    expect(found.left).toEqual(["app build-script-run: uncacheable"]);
    await edit(app, { "word.txt": "two" });
    clean(app);
    await sandbox.green(["build"], { in: app });
    expect(await runApp(app)).toBe("none\n");
  });

  it("takes nothing whose paths cargo-green replaced, once it is out of the cache", async () => {
    const app = workspace(sandbox, "app");
    await sandbox.green(["build"], { in: app });
    expect(await adopt([], { in: app })).toMatchObject({ left: [] });
    renameSync(sandbox.store, sandbox.path("gone"));
    cpSync(sandbox.path("gone/shim"), join(sandbox.store, "shim"), { recursive: true });
    const found = await adopt([], { in: app });
    expect(found.adopted).toBeLessThanOrEqual(1); // what its build script left is the same either way
    expect(found.left.filter((each) => !/: (unproven|dependency)$/.test(each))).toEqual([]);
  });

  it("keeps results of ours and of plain cargo's apart where two projects share units", async () => {
    const one = workspace(sandbox, "one");
    const two = sandbox.project("two", {
      "Cargo.toml": manifest("app", dependsOn("leaf", "generated", "answer")),
      "src/main.rs": `fn main() { println!("{} {}", leaf::leaf(), generated::WORD); let _ = answer::answer!(); }\n`,
    });
    await sandbox.green(["build"], { in: two });
    await plain(["build"], { in: one });
    expect(await adopt([], { in: one })).toMatchObject({ left: [] });
    for (const project of [one, two, one]) {
      clean(project);
      expect((await sandbox.green(["build"], { in: project })).compiled).toEqual([]);
    }
  });

  it("works for tests, checks and clippy, and with the newer layout", async () => {
    const app = workspace(sandbox, "app");
    writeFiles(app, { "tests/it.rs": "#[test]\nfn works() {}\n" });
    const nightly = { in: app, toolchain: "+nightly" };
    const builds: readonly (readonly [readonly string[], CargoOptions])[] = [
      [["test", "--no-run", "--workspace"], { in: app }],
      [["check", "--all-targets"], { in: app }],
      [["clippy"], { in: app }],
      [["build", "-Zbuild-dir-new-layout"], nightly],
    ];
    for (const [args, options] of builds) {
      await plain(args, options);
      const toolchain = options.toolchain === undefined ? [] : [options.toolchain];
      const found = await adopt([...toolchain, ...args], options);
      expect(found.left, [...args, ...found.reasons].join(" ")).toEqual([]);
      expect(found.adopted + found.known, args.join(" ")).toBeGreaterThan(6);
      clean(app);
      const built = await sandbox.green(args, options);
      expect(built.compiled, args.join(" ")).toEqual([]);
      await expectPlainFresh(sandbox, args, options);
    }
  });
});

/** Everything below a directory but what reading changes: names, sizes, ages, contents. */
function snapshot(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const { size, mtimeMs, ctimeMs, mode, nlink } = lstatSync(path);
      return [name, size, mtimeMs, ctimeMs, mode, nlink].join(" ");
    });
}
