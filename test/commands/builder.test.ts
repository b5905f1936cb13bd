// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { writeFiles } from "../support/files.ts";
import { BUILDX_FILES, CONTEXT_FILES, HOME } from "../support/fixtures/docker-home.ts";
import { bundledCli } from "./run-cli.ts";

const runCli = bundledCli();
let home: string;
let settings: string;

beforeEach(() => {
  home = temporaryDirectory();
  settings = join(home, ".cargo/green.toml");
  // Those that nobody listens at on this machine, so that each is told at once.
  const near = Object.entries({ ...CONTEXT_FILES, ...BUILDX_FILES }).filter(([path]) =>
    /near|cluster/.test(path),
  );
  writeFiles(home, Object.fromEntries(near.map(([path, text]) => [path.slice(HOME.length), text])));
});

const builder = (...args: string[]) => runCli(["builder", ...args], home, VARIABLES);
const VARIABLES = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
const written = () => (existsSync(settings) ? readFileSync(settings, "utf8") : undefined);

test("ls shows all, which one is used and why, and what is wrong with each", () => {
  const { status, stdout, stderr } = builder("ls");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^NAME +DRIVER +ENDPOINT +STATUS/);
  expect(stdout).toMatch(/\ncluster +Kubernetes +kubernetes:\S+ +not supported\n/);
  expect(stdout).toMatch(/\nnear +remote +unix:\/\/\/run\/buildkit\/buildkitd\.sock +error\n/);
  expect(stdout).toMatch(
    /\ndefault\* +docker +unix:\/\/\/nowhere\/docker\.sock +error\n\* is used: DOCKER_HOST says so\n$/,
  );
  expect(stderr).toContain(
    "default: unix:///nowhere/docker.sock cannot be reached: there is no such socket\n",
  );
  const { builders } = JSON.parse(builder("ls", "--json").stdout);
  expect(builders.at(-1)).toMatchObject({
    ...{ name: "default", current: true, driver: "docker", status: "failed", from: "DOCKER_HOST" },
    error: { message: expect.any(String), hint: expect.stringContaining("start docker") },
  });
});

test("inspect shows what is known, and fails as the builder does", () => {
  const { status, stdout, stderr } = builder("inspect");
  expect([status, stderr]).toEqual([
    9,
    expect.stringContaining("there is no such socket\n  help: start docker"),
  ]);
  expect(stdout).toMatch(/^default\n {2}driver +docker\n {2}endpoint +unix:\/\/\/nowhere\/docker\.sock\n/);
  expect(builder("inspect", "cluster").stderr).toContain("is in Kubernetes, which cannot be used from here");
});

test("use remembers a choice, which other settings still go before, and takes it back", () => {
  expect(builder("use", "near").stdout).toBe(
    "Using buildx builder near (unix:///run/buildkit/buildkitd.sock)\n",
  );
  expect(written()).toBe('builder = "near"\n');
  expect(builder("ls").stdout).toContain(`\n* is used: ${settings}:1 says so\n`);
  const other = runCli(["builder", "use", "ssh://me@big"], home, {
    ...VARIABLES,
    CARGOGREEN_BUILDER: "near",
  });
  expect(other.stdout).toContain("is used all the same: CARGOGREEN_BUILDER says so");
  expect(builder("use", "--unset", "--json").stdout).toContain('"endpoint": "unix:///nowhere/docker.sock"');
  expect(written()).toBe("");
});

test.each([
  [["use"], "Name a builder, or say --unset"],
  [["use", "near", "--unset"], "Name a builder, or say --unset"],
  [["use", "naer"], 'There is no builder "naer"'],
  [["use", "cluster"], "buildx builder cluster is in Kubernetes"],
  [["create", "near", "tcp://a:1"], 'There is a builder "near" already'],
  [["create", "-x", "tcp://a:1"], "Nonexistent flag: -x"],
  [["create", "9", "tcp://a:1"], '"9" cannot be the name of a builder'],
  [["create", "own", "tcp://a"], 'builders.own: "tcp://a" is no address'],
  [["create", "own", "kube-pod://a"], "builder own is in a pod of Kubernetes"],
  [
    ["create", "own", "tcp://a:1", "--driver", "docker-container"],
    'The driver "docker-container" does not go with',
  ],
  [["rm", "near", "--yes"], '"near" is docker\'s, not one of your settings'],
])("%j is refused, and nothing is written", (args, message) => {
  const { status, stderr } = builder(...args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(written()).toBeUndefined();
});

test("create writes down where one is, and rm takes exactly that back", () => {
  writeFiles(home, { ".cargo/green.toml": "# mine\nlog = 'off'\n" });
  const flags = ["--ca", "ca.pem", "--server-name", "build.example", "--use"];
  const { status, stdout, stderr } = builder("create", "own", "tcp://127.0.0.1:9", ...flags);
  expect([status, stderr]).toEqual([
    0,
    expect.stringContaining(`own: "${join(home, "ca.pem")}" cannot be read`),
  ]);
  expect(stdout).toMatch(/^own\n {2}driver +remote\n {2}endpoint +tcp:\/\/127\.0\.0\.1:9\n/);
  expect(written()).toBe(
    `# mine\nlog = 'off'\nbuilder = "own"\n\n[builders.own]\nurl = "tcp://127.0.0.1:9"\nca = "${join(home, "ca.pem")}"\nserver-name = "build.example"\n`,
  );
  expect(builder("rm", "own", "--dry-run").stdout).toBe("Would forget builder own\n");
  expect(builder("rm", "own").stderr).toContain("There is no terminal to ask on");
  expect(builder("rm", "own", "--yes").stdout).toBe("Forgot builder own\n");
  expect(written()).toBe("# mine\nlog = 'off'\n");
});

test("what a workspace's file says is removed there", () => {
  writeFiles(home, {
    "w/Cargo.toml": "[workspace]\n",
    "w/.cargo/green.toml": "[builders.ours]\nurl = 'tcp://a:1'\n",
  });
  const { status, stderr } = runCli(["builder", "rm", "ours", "-y"], home, VARIABLES, join(home, "w"));
  expect([status, stderr]).toEqual([
    2,
    expect.stringContaining(`"ours" is written in ${join(home, "w/.cargo/green.toml")}, at line 2`),
  ]);
});
