// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { bundledCli, type Ran } from "./run-cli.ts";

const runCli = bundledCli();
let home: string;
let cargo: string;

beforeEach(() => {
  home = temporaryDirectory();
  cargo = join(home, ".cargo");
  mkdirSync(cargo);
});

// A compiler that fails makes the shim that needs none: no test here waits for rustc.
const setup = (...args: string[]): Ran =>
  runCli(["setup", ...args], home, { PATH: "/usr/bin:/bin", RUSTC: "false" });
const read = (name: string) => readFileSync(join(cargo, name), "utf8");
const write = (name: string, text: string) => writeFileSync(join(cargo, name), text);
const wrapper = () => `rustc-wrapper = "${join(cargo, "green", "cargo-green-shim")}"`;

function tree(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [
          path.slice(directory.length + 1),
          entry.isSymbolicLink() ? "link" : readFileSync(path, "latin1"),
        ];
      }),
  );
}

describe("setup and --undo", () => {
  test.each([
    ["there is nothing", {}],
    ["there are CRLFs", { "config.toml": "# mine\r\n[net]\r\noffline = true\r\n" }],
    ["the last line has no end", { "config.toml": "[build] # all\njobs = 2", "green.toml": "# none yet" }],
    ["a table is inline", { "config.toml": "build = { jobs = 2 } # one line\n" }],
    ["keys are dotted", { "config.toml": "build.jobs = 2\n\n[net]\noffline = true\n" }],
    ["another wrapper is used", { "config.toml": "[build]\nrustc-wrapper = 'sccache'   # fast\n" }],
    [
      "a file is empty, another has a byte order mark",
      { "config.toml": "", "green.toml": "\uFEFFlog = 'info'\r\n" },
    ],
    [
      "settings are there already",
      { "green.toml": "keep-size = '5GB'\n[remotes.team]\nurl = 'oci://a/b'\n" },
    ],
    ["the old name is used", { config: "[net]\noffline = true\n" }],
  ])("are exact where %s", (_, files) => {
    for (const [name, text] of Object.entries(files)) write(name, text);
    const before = tree(cargo);
    const { status, stdout } = setup("--yes");
    expect([status, stdout]).toEqual([0, expect.stringContaining("Done; ")]);
    const changed = tree(cargo);
    expect(changed["config" in files ? "config" : "config.toml"]).toContain(wrapper());
    expect(changed["green.toml"]).toContain("keep-size = ");
    expect(existsSync(join(cargo, "green/cargo-green-shim"))).toBe(true);
    expect(existsSync(join(cargo, "green/broker"))).toBe(true);
    expect(setup("--yes").stdout).toBe("All is set up\n");
    expect(tree(cargo)).toEqual(changed);
    expect(setup("--undo", "--yes").stdout).toContain("Undone\n");
    expect(tree(cargo)).toEqual(before);
    expect(setup("--undo", "--yes").stdout).toBe("There is nothing to undo\n");
  });

  test("follow a symbolic link, which stays, as does the mode", () => {
    mkdirSync(join(home, "dotfiles"));
    writeFileSync(join(home, "dotfiles/cargo.toml"), "[net]\n");
    chmodSync(join(home, "dotfiles/cargo.toml"), 0o640);
    symlinkSync("../dotfiles/cargo.toml", join(cargo, "config.toml"));
    setup("--yes");
    expect(lstatSync(join(cargo, "config.toml")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(home, "dotfiles/cargo.toml"), "utf8")).toContain(wrapper());
    expect(statSync(join(home, "dotfiles/cargo.toml")).mode & 0o777).toBe(0o640);
    setup("--undo", "--yes");
    expect(readFileSync(join(home, "dotfiles/cargo.toml"), "utf8")).toBe("[net]\n");
    expect(lstatSync(join(cargo, "config.toml")).isSymbolicLink()).toBe(true);
  });

  test("change a read-only file, whose mode and owner stay", () => {
    const text = "# mine\n[build]\njobs = 2 # two\n";
    write("config.toml", text);
    chmodSync(join(cargo, "config.toml"), 0o444);
    const owner = process.getuid?.() === 0 ? 65534 : (process.getuid?.() ?? 0);
    chownSync(join(cargo, "config.toml"), owner, process.getgid?.() ?? 0);
    setup("--yes");
    expect(read("config.toml")).toContain(wrapper());
    for (const after of ["setup", "undo"]) {
      const { mode, uid } = statSync(join(cargo, "config.toml"));
      expect([after, mode & 0o777, uid]).toEqual([after, 0o444, owner]);
      setup("--undo", "--yes");
    }
    expect(read("config.toml")).toBe(text);
  });

  test("say what stands where a file should be", () => {
    mkdirSync(join(cargo, "config.toml"));
    const { status, stderr } = setup("--yes");
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/config\.toml" cannot be read.*\n {2}help: make it a file/),
    ]);
    expect(readdirSync(cargo)).toEqual(["config.toml"]);
  });

  test("keep what was edited in between", () => {
    write("config.toml", "[net]\noffline = true\n");
    setup("--yes");
    write("config.toml", `# a note\n${read("config.toml")}jobs = 3\n[term]\nquiet = true\n`);
    setup("--undo", "--yes");
    expect(read("config.toml")).toBe(
      "# a note\n[net]\noffline = true\n\n[build]\njobs = 3\n[term]\nquiet = true\n",
    );
    expect(existsSync(join(cargo, "green"))).toBe(false);
  });

  test("leave a file alone whose lines were edited, say so, and keep the shim that it may name", () => {
    setup("--yes");
    const edited = read("config.toml").replace("rustc-wrapper =", "rustc-wrapper  =");
    write("config.toml", edited);
    const { status, stderr } = setup("--undo", "--yes");
    expect([status, stderr]).toEqual([2, expect.stringContaining("was edited where setup wrote")]);
    expect(read("config.toml")).toBe(edited);
    expect(existsSync(join(cargo, "green/cargo-green-shim"))).toBe(true);
  });

  test.skipIf(!existsSync("/sys"))("leave nothing behind where a file cannot be written", () => {
    symlinkSync("/sys/green.toml", join(cargo, "green.toml")); // where nobody can make files
    write("config.toml", "[net]\n");
    const before = tree(cargo);
    const { status, stderr } = setup("--yes");
    expect([status, stderr]).toEqual([3, expect.stringContaining("green.toml")]);
    expect(stderr).toContain("--dry-run");
    expect(tree(cargo)).toEqual(before);
  });

  test("twice, with an edit between, still end where all began", () => {
    write("green.toml", "log = 'info'\n");
    setup("--yes");
    write("green.toml", "log = 'info'\nkeep-size = '1GB'\n");
    setup("--yes");
    expect(read("green.toml")).toBe("log = 'info'\nkeep-size = '1GB'\nremap-path-prefix = true\n");
    setup("--undo", "--yes");
    expect(read("green.toml")).toBe("log = 'info'\nkeep-size = '1GB'\n");
  });
});

test("--dry-run shows lines and changes nothing; without a terminal or --yes nothing happens either", () => {
  write("config.toml", "[build]\nrustc-wrapper = 'sccache'\n");
  const { stdout } = setup("--dry-run");
  expect(stdout).toContain(`- rustc-wrapper = 'sccache'\n+ ${wrapper()}\n`);
  expect(stdout).toContain('green.toml (new)\n+ keep-size = "20GB"\n');
  const { status, stderr } = setup();
  expect([status, stderr]).toEqual([2, expect.stringContaining("no terminal to ask on")]);
  expect(tree(cargo)).toEqual({ "config.toml": "[build]\nrustc-wrapper = 'sccache'\n" });
});

test("a file that is no TOML is named with its line, and nothing is written", () => {
  write("config.toml", "[build]\njobs = \n");
  const { status, stderr } = setup("--yes");
  expect([status, stderr]).toEqual([
    2,
    expect.stringContaining(`${join(cargo, "config.toml")}:2: this is not TOML`),
  ]);
  expect(Object.keys(tree(cargo))).toEqual(["config.toml"]);
});

test("mold is chosen where it is installed and no flags are set", () => {
  const bin = join(home, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "mold"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(bin, "rustc"), "#!/bin/sh\necho 'host: x86_64-a-b'\n", { mode: 0o755 });
  const dry = () => runCli(["setup", "--dry-run"], home, { PATH: `${bin}:/bin` }).stdout;
  expect(dry()).toContain('+ [target.x86_64-a-b]\n+ rustflags = ["-C", "link-arg=-fuse-ld=mold"]\n');
  write("config.toml", "[build]\nrustflags = ['-g']\n");
  expect(dry()).not.toContain("mold");
});

test.each(["github", "gitlab"])("--ci %s prints a workflow that builds with the profile ci", (service) => {
  const { status, stdout } = setup("--ci", service);
  expect(status).toBe(0);
  expect(stdout).toContain("CARGOGREEN_PROFILE: ci\n");
  expect(stdout).toContain("cargo green build --locked");
  expect(stdout).not.toContain("\t");
});
