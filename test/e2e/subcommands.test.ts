// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFiles } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { manifest, WORKSPACE_LINE, workspace } from "../support/projects.ts";
import { onlyGreen, PLAIN, Sandbox } from "../support/sandbox.ts";
import { fromCache, withoutGreen } from "../support/summary.ts";

describe("cargo's subcommands, through cargo green", () => {
  let sandbox: Sandbox;
  let first: string;
  let second: string;

  beforeAll(async () => {
    sandbox = new Sandbox();
    first = workspace(sandbox, "first");
    writeFiles(first, {
      "Cargo.toml": `[workspace]\nmembers = ["core_lib"]\n\n${manifest(
        "app",
        `[dependencies]\ncore_lib = { path = "core_lib" }\nleaf = "1"\n
[[test]]\nname = "own_harness"\nharness = false\n\n[[bench]]\nname = "speed"\nharness = false\n`,
      )}`,
      "src/main.rs": `fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("app {}", core_lib::line(leaf::leaf()));
    if let Some(status) = arguments.first() {
        std::process::exit(status.parse().unwrap());
    }
}
`,
      "tests/own_harness.rs": `fn main() { println!("own harness ran"); }\n`,
      "benches/speed.rs": `fn main() { println!("bench ran"); }\n`,
    });
    await sandbox.cargo(["generate-lockfile"], { in: first });
    second = sandbox.checkout(first, "second");
  });
  afterAll(() => sandbox.dispose());

  it("test: runs unit tests, and tests with a harness of their own, restored ones too", async () => {
    for (const project of [first, second]) {
      const test = await sandbox.green(["test", "--workspace"], { in: project });
      expect(test.stdout).toContain("own harness ran");
      expect(test.stdout).toContain("test knows_the_answer ... ok");
      if (project === second) onlyGreen(() => expect(test.compiled).toEqual([]));
    }
    await expectPlainFresh(sandbox, ["test", "--workspace", "--no-run"], { in: second });
  });

  it("bench: runs restored benchmarks", async () => {
    for (const project of [first, second]) {
      const bench = await sandbox.green(["bench"], { in: project });
      expect(bench.stdout).toContain("bench ran");
      if (project === second) onlyGreen(() => expect(bench.compiled).toEqual([]));
    }
  });

  it("run: passes arguments and the program's exit status on", async () => {
    const failing = await sandbox.green(["run", "--", "7"], { in: first, expect: 7 });
    expect(failing.stdout).toBe(`${WORKSPACE_LINE}\n`);
    const fine = await sandbox.green(["run", "-q"], { in: second });
    expect(fine.stdout).toBe(`${WORKSPACE_LINE}\n`);
    onlyGreen(() => expect(fine.compiled).toEqual([]));
  });

  it("check: never answers a build with metadata alone, nor the other way round", async () => {
    const project = sandbox.checkout(first, "check");
    await sandbox.green(["check", "--workspace"], { in: project });
    await expectPlainFresh(sandbox, ["check", "--workspace"], { in: project });
    await sandbox.green(["build"], { in: project });
    expect(await sandbox.run(["target/debug/app"], { in: project })).toBe(`${WORKSPACE_LINE}\n`);
    const again = sandbox.checkout(first, "check-again");
    const check = await sandbox.green(["check", "--workspace"], { in: again });
    onlyGreen(() => expect(check.compiled).toEqual([]));
    await expectPlainFresh(sandbox, ["check", "--workspace"], { in: again });
  });

  it("check --all-targets: restores the empty metadata of executables and tests", async () => {
    const args = ["check", "--all-targets", "--workspace"];
    const one = sandbox.checkout(first, "all-1");
    await sandbox.green(args, { in: one });
    const two = sandbox.checkout(first, "all-2");
    const check = await sandbox.green(args, { in: two });
    onlyGreen(() => expect(check.compiled).toEqual([]));
    await expectPlainFresh(sandbox, args, { in: two });
  });

  it("clippy: replays its own lints, which check does not show", async () => {
    const files = { "src/main.rs": `fn main() { let x = 1; if x == x { println!("{}", leaf::leaf()); } }\n` };
    const one = sandbox.checkout(first, "lint-1");
    writeFiles(one, files);
    const two = sandbox.checkout(one, "lint-2");
    const plain = await sandbox.cargo(["clippy"], { in: sandbox.checkout(one, "lint-3"), expect: "any" });
    expect(plain.stderr).toContain("clippy::eq_op");
    for (const project of [one, two]) {
      const clippy = await sandbox.green(["clippy"], { in: project, expect: plain.status });
      expect(clippy.stderr).toContain("clippy::eq_op");
    }
    const check = await sandbox.green(["check"], { in: two });
    expect(check.stderr).not.toContain("clippy");
    const clippy = await sandbox.green(["clippy"], { in: two, expect: plain.status });
    expect(clippy.stderr).toContain("clippy::eq_op");
  });

  it("doc: documents, with the metadata of dependencies restored", async () => {
    for (const name of ["doc-1", "doc-2"]) {
      const project = sandbox.checkout(first, name);
      const doc = await sandbox.green(["doc", "--no-deps", "--workspace"], { in: project });
      expect(existsSync(join(project, "target/doc/core_lib/fn.line.html"))).toBe(true);
      if (name === "doc-2") onlyGreen(() => expect(doc.compiled).toEqual([]));
    }
  });

  it("rustc: passes extra flags to the last crate, and keeps the result apart", async () => {
    const project = sandbox.checkout(first, "rustc");
    await sandbox.green(["rustc", "--bin", "app", "--", "--cfg", "shout"], { in: project });
    writeFiles(project, {
      "src/main.rs": `fn main() { println!("{}", if cfg!(shout) { "SHOUT" } else { "quiet" }); }\n`,
    });
    const shout = ["rustc", "--bin", "app", "--", "--cfg", "shout"];
    const run = () => sandbox.run(["target/debug/app"], { in: project });
    await sandbox.green(shout, { in: project });
    expect(await run()).toBe("SHOUT\n");
    await sandbox.green(["build"], { in: project });
    expect(await run()).toBe("quiet\n");
    await sandbox.green(shout, { in: project });
    expect(await run()).toBe("SHOUT\n");
  });

  it("install: installs, restored from the release build", async () => {
    for (const root of ["installed-1", "installed-2"]) {
      const args = [
        "install",
        "--path",
        first,
        "--root",
        sandbox.path(root),
        "--target-dir",
        sandbox.path(`${root}-target`),
      ];
      const install = await sandbox.green(args, { in: sandbox.home });
      expect(await sandbox.run([sandbox.path(root, "bin/app")], { in: sandbox.home })).toBe(
        `${WORKSPACE_LINE}\n`,
      );
      if (root === "installed-2") onlyGreen(() => expect(install.compiled).toEqual([]));
    }
  });

  it("install: installs what is published, restored unit by unit in the new directory that cargo takes", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("tool", `[dependencies]\nleaf = "1"\n`),
      "src/main.rs": `fn main() { print!("tool {}", leaf::leaf()); }\n`,
    });
    for (const root of ["tool-1", "tool-2"]) {
      const args = ["install", "tool", "--root", sandbox.path(root)];
      const { compiled, summary } = await sandbox.green(args, { in: sandbox.home });
      expect(await sandbox.run([sandbox.path(root, "bin/tool")], { in: sandbox.home })).toBe("tool leaf");
      if (root === "tool-2") {
        onlyGreen(() => {
          expect(compiled).toEqual([]);
          expect(summary).toMatchObject({ units: 2, replayed: 0, restored: 2 });
        });
      }
    }
  });

  it("fix: changes the source as cargo fix does", async () => {
    const files = { "src/main.rs": `fn main() { let mut x = 1; println!("{x}"); }\n` };
    const project = sandbox.checkout(first, "fix");
    writeFiles(project, files);
    await sandbox.green(["build"], { in: project });
    await sandbox.green(["fix", "--allow-no-vcs", "--bin", "app"], { in: project });
    expect(await sandbox.run(["cat", "src/main.rs"], { in: project })).not.toContain("mut");
    const build = await sandbox.green(["build"], { in: project });
    expect(build.stderr).not.toContain("warning");
  });

  it.for([
    ["b", "build"],
    ["c", "check"],
    ["t", "test"],
    ["r", "run"],
  ] as const)("knows the alias %s", async ([alias, command]) => {
    const one = sandbox.checkout(first, `alias-${alias}-1`);
    const two = sandbox.checkout(first, `alias-${alias}-2`);
    await sandbox.green([command], { in: one });
    const build = await sandbox.green([alias], { in: two });
    onlyGreen(() => {
      expect(build.compiled).toEqual([]);
      expect(fromCache(build)).toBeGreaterThan(0);
    });
  });

  it("knows the user's own aliases", async () => {
    writeFiles(sandbox.path("aliased"), { ".cargo/config.toml": `[alias]\nlaunch = "run --quiet --"\n` });
    const project = sandbox.checkout(first, "aliased/project");
    const launch = await sandbox.green(["launch", "3"], { in: project, expect: 3 });
    expect(launch.stdout).toBe(`${WORKSPACE_LINE}\n`);
    onlyGreen(() => expect(launch.compiled).toEqual([]));
  });

  it("passes other people's subcommands through, and caches what they build", async () => {
    const project = sandbox.checkout(first, "foreign");
    const bin = sandbox.path("their-bin");
    writeFiles(bin, { "cargo-theirs": `#!/bin/sh\nshift\necho "theirs: $*"\nexec "$CARGO" build\n` });
    chmodSync(join(bin, "cargo-theirs"), 0o755);
    const env = { PATH: `${bin}${delimiter}${sandbox.env()["PATH"]}` };
    const theirs = await sandbox.green(["theirs", "--flag", "x"], { in: project, env });
    expect(theirs.stdout).toContain("theirs: --flag x");
    onlyGreen(() => expect(theirs.compiled).toEqual([]));
  });

  it("fails on an unknown subcommand as cargo does", async () => {
    const plain = await sandbox.cargo(["frobnicate"], { in: first, expect: "any" });
    const green = await sandbox.green(["frobnicate"], { in: first, expect: plain.status });
    expect(withoutGreen(green.stderr)).toBe(plain.stderr);
  });

  it("fails on an unknown option as cargo does", async () => {
    const plain = await sandbox.cargo(["build", "--frobnicate"], { in: first, expect: "any" });
    const green = await sandbox.green(["build", "--frobnicate"], { in: first, expect: plain.status });
    expect(withoutGreen(green.stderr)).toBe(plain.stderr);
  });

  it.skipIf(PLAIN)("does not ask cargo for its own help and version", async () => {
    const version = await sandbox.green(["--version"], { in: sandbox.home });
    expect(version.stdout).toMatch(/^cargo-green[ /]\d+\.\d+\.\d+/);
    const help = await sandbox.green(["--help"], { in: sandbox.home });
    expect(help.stdout).toContain("cargo green build");
    expect(help.stdout).toContain("cargo green cache");
  });
});
