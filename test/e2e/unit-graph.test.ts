// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readCargoConfig } from "../../src/broker/replay/cargo-config.ts";
import type { GraphShelf } from "../../src/broker/replay/graph-memory.ts";
import { type GraphAnswer, prepareQuery } from "../../src/broker/replay/graph-query.ts";
import { learnBuild } from "../../src/broker/replay/learn-build.ts";
import { queryProject } from "../../src/broker/replay/project-query.ts";
import { parseCargoInvocation } from "../../src/cargo/invocation.ts";
import type { UnitGraph } from "../../src/cargo/unit-graph.ts";
import { edit, type Files, writeFiles } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { sleep } from "../support/process.ts";
import { manifest, workspace } from "../support/projects.ts";
import { PLAIN, Sandbox } from "../support/sandbox.ts";

/** What is younger when Cargo is asked is not remembered. */
const TICK_MS = 50;

type Changes = Readonly<Record<string, string | undefined>>;

/** `.rustc_info.json` */
interface CompilerAnswers {
  readonly outputs: Readonly<Record<string, { readonly stdout: string }>>;
}

const TOOLS = {
  cargo: "cargo 1.95.0\n",
  rustc: { text: "rustc 1.95.0", release: "1.95.0", host: "h", commit: "c", sysroot: "/sysroot" },
};

describe.skipIf(PLAIN)("the unit graph of a build", () => {
  let sandbox: Sandbox;
  let shim: string;
  let original: string;
  let checkouts = 0;

  beforeAll(async () => {
    sandbox = new Sandbox();
    // Where nobody else asks anything meanwhile.
    vi.stubEnv("TMPDIR", sandbox.root);
    original = workspace(sandbox, "original");
    const dependencies = `core_lib = { path = "core_lib" }\nleaf = "1"\n`;
    // No stable compiler has the second one, but every one that was given RUSTC_BOOTSTRAP.
    const ghost = `[target.'cfg(overflow_checks)'.dependencies]\nghost = { path = "ghost" }\n`;
    writeFiles(original, {
      "Cargo.toml": `[workspace]\nmembers = ["core_lib"]\n\n${manifest("app", `[dependencies]\n${dependencies}\n${ghost}`)}`,
      "tests/whole.rs": "#[test]\nfn whole() {}\n",
      "examples/show.rs": "fn main() {}\n",
      "benches/speed.rs": "",
      "ghost/Cargo.toml": manifest("ghost"),
      "ghost/src/lib.rs": "",
    });
    await sandbox.green(["check", "-p", "leaf"], { in: original });
    const shims = join(sandbox.store, "shim");
    shim = join(shims, readdirSync(shims)[0] ?? "", "cargo-green-shim");
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    sandbox.dispose();
  });

  /** What a checkout has. */
  const names = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
    "src",
    "core_lib",
    "ghost",
    "tests",
    "examples",
    "benches",
  ];
  const checkout = () => sandbox.checkout(original, `checkout-${++checkouts}`);

  async function ask(line: string, cwd: string, changes: Changes = {}): Promise<GraphAnswer> {
    const invocation = parseCargoInvocation(line.split(" "));
    const env = sandbox.env(changes);
    const config = readCargoConfig(invocation, cwd, env);
    const prepared = prepareQuery({ invocation, env, cwd, shim }, config);
    const answer = prepared.kind === "prepared" ? await prepared.ask() : prepared;
    // Neither in the graph nor on the disk is there anything of the question's own directories.
    if (answer.kind === "graph") expect(answer.json).not.toContain("cargo-green-graph-");
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("cargo-green-graph-"))).toEqual([]);
    return answer;
  }

  async function graphOf(line: string, cwd: string, changes: Changes = {}): Promise<UnitGraph> {
    const answer = await ask(line, cwd, changes);
    if (answer.kind === "none") throw new Error(answer.reason);
    return answer.graph;
  }

  async function refusal(line: string, cwd: string, changes: Changes = {}): Promise<string> {
    const answer = await ask(line, cwd, changes);
    return answer.kind === "none" ? answer.reason : "a graph";
  }

  const compilerAnswers = (project: string) =>
    JSON.parse(readFileSync(join(project, "target/.rustc_info.json"), "utf8")) as CompilerAnswers;
  const told = ({ outputs }: CompilerAnswers) => Object.values(outputs).map(({ stdout }) => stdout);

  describe("leaves no trace", () => {
    it("in a checkout that was never built, and plain cargo then builds as without", async () => {
      const [asked, plain] = [checkout(), checkout()];
      for (const line of ["build", "test --workspace", "run", "doc", "clippy"]) {
        expect((await graphOf(line, asked)).units.length).toBeGreaterThan(0);
      }
      expect(existsSync(join(asked, "target"))).toBe(false);
      const one = await sandbox.cargo(["build"], { in: asked });
      const two = await sandbox.cargo(["build"], { in: plain });
      expect(one.compiled).toEqual(two.compiled);
      expect(compilerAnswers(asked)).toEqual(compilerAnswers(plain));
    });

    it("and hears from the compiler what the build will", async () => {
      const project = checkout();
      const answer = await ask("build", project);
      await sandbox.cargo(["build"], { in: project });
      const heard = JSON.parse(
        (answer.kind === "graph" && answer.compilerAnswers) || "{}",
      ) as CompilerAnswers;
      expect(told(heard).sort()).toEqual(told(compilerAnswers(project)).sort());
    });

    it("in a target directory that is there, where everything stays fresh", async () => {
      const project = checkout();
      await sandbox.cargo(["build"], { in: project });
      const before = snapshot(join(project, "target"));
      await graphOf("build", project);
      await graphOf("build --target-dir target", project);
      await graphOf(`build --config build.build-dir="target"`, project);
      expect(snapshot(join(project, "target"))).toEqual(before);
      await expectPlainFresh(sandbox, ["build"], { in: project });
    });

    it("which the same question asked without precautions would", async () => {
      const [asked, plain] = [checkout(), checkout()];
      const args = ["build", "-Z", "unstable-options", "--unit-graph"];
      await sandbox.cargo(["build"], { in: plain });
      await sandbox.cargo(["check", "-p", "leaf"], { in: asked, env: { RUSTC_BOOTSTRAP: "1" } });
      const naive = await sandbox.cargo(args, { in: asked, env: { RUSTC_BOOTSTRAP: "1" } });
      expect(naive.stdout).toContain("ghost");
      expect(compilerAnswers(asked)).not.toEqual(compilerAnswers(plain));
    });
  });

  describe("is what Cargo then does", () => {
    it.each([
      ["build --workspace --examples", undefined],
      ["build", undefined],
      ["b -r", "build -r"],
      ["check --all-targets", undefined],
      ["test --workspace", "test --workspace --no-run"],
      ["test -p core_lib knows -- --exact", "test -p core_lib knows --no-run"],
      ["bench", "bench --no-run"],
      ["run", "build --bin app"],
      ["rustc --bin app -- -C debuginfo=0", undefined],
      ["rustdoc -- --document-private-items", undefined],
      ["doc --no-deps", undefined],
      ["doc", undefined],
      ["clippy --workspace -- -A clippy::all", undefined],
    ])("for %j", async (line, same) => {
      const project = checkout();
      const graph = await graphOf(line, project);
      const words = (same ?? line).split(" ");
      const at = words.includes("--") ? words.indexOf("--") : words.length;
      const json = [...words.slice(0, at), "--message-format", "json", ...words.slice(at)];
      const { stdout } = await sandbox.cargo(json, { in: project });
      expect(unitsOf(graph)).toEqual(unitsIn(stdout));
      expect(graph.roots.length).toBeGreaterThan(0);
    });

    it("on a nightly too", async () => {
      const project = checkout();
      const graph = await graphOf("+nightly build", project);
      const { stdout } = await sandbox.cargo(["build", "--message-format", "json"], {
        in: project,
        toolchain: "+nightly",
      });
      expect(unitsOf(graph)).toEqual(unitsIn(stdout));
    });

    it("whatever the program is given", async () => {
      const project = checkout();
      const plain = unitsOf(await graphOf("run", project));
      for (const line of [
        "run x --target-dir y --unit-graph",
        "r -q -- --release --help",
        "run --bin app x",
      ]) {
        expect(unitsOf(await graphOf(line, project))).toEqual(plain);
      }
      expect(readdirSync(project)).not.toContain("y");
    });
  });

  describe("is not had", () => {
    it.each([
      ["install --path .", "cargo install has no unit graph"],
      ["fix --lib", "cargo fix has no unit graph"],
      ["clippy --fix", "there is no unit graph with --fix"],
      ["build --help", "there is no unit graph with --help"],
      ["build --no-such-option", "unexpected argument '--no-such-option' found"],
      ["build -Zno-such-flag", "the `-Z` flag is only accepted on the nightly channel"],
      ["build --manifest-path none/Cargo.toml", "manifest path `none/Cargo.toml` does not exist"],
    ])("for %j", async (line, reason) => {
      expect(await refusal(line, original)).toContain(reason);
    });

    it("for an alias, which might run anything", async () => {
      const project = checkout();
      writeFiles(project, { ".cargo/config.toml": `include = ["more.toml"]\n`, ".cargo/more.toml": "" });
      expect(await refusal("t", project)).toBe("a graph");
      writeFiles(project, { ".cargo/more.toml": `[alias]\nt = "run --release"\nbuild = "run"\n` });
      expect(await refusal("t", project)).toContain("alias");
      expect(await refusal("build", project)).toBe("a graph");
      expect(await refusal("b", project, { CARGO_ALIAS_B: "run" })).toContain("alias");
      expect(await refusal("mine", project, { CARGO_ALIAS_MINE: "run" })).toContain("no unit graph");
    });

    it("with --locked, if Cargo.lock is not up to date; otherwise it is written, as the build would", async () => {
      const project = checkout();
      const other = checkout();
      const lock = readFileSync(join(project, "Cargo.lock"), "utf8");
      const outdated = lock.replace(/\[\[package\]\]\nname = "ghost"[^[]*/, "").replace(' "ghost",\n', "");
      writeFiles(project, { "Cargo.lock": outdated });
      writeFiles(other, { "Cargo.lock": outdated });
      expect(await refusal("build --locked", project)).toContain("--locked");
      expect(readFileSync(join(project, "Cargo.lock"), "utf8")).toBe(outdated);
      await graphOf("build", project);
      await sandbox.cargo(["build"], { in: other });
      expect(readFileSync(join(project, "Cargo.lock"), "utf8")).toBe(
        readFileSync(join(other, "Cargo.lock"), "utf8"),
      );
    });
  });

  describe("knows no unstable setting that the build does not", () => {
    const config = `[unstable]\npanic-abort-tests = true\n[profile.dev]\npanic = "abort"\n`;
    const panics = (graph: UnitGraph) => [
      ...new Set(
        graph.units.filter(({ mode }) => mode === "test").map(({ profile }) => panicOf(profile.json)),
      ),
    ];

    it("from a configuration file", async () => {
      const project = checkout();
      writeFiles(project, { ".cargo/config.toml": config });
      expect(await refusal("test", project)).toContain("nightly");
      expect(panics(await graphOf("+nightly test", project))).toEqual(["abort"]);
      expect(panics(await graphOf("test", project, { RUSTC_BOOTSTRAP: "1" }))).toEqual(["abort"]);
    });

    it("from a variable or an option", async () => {
      const project = checkout();
      const variable = { CARGO_UNSTABLE_PANIC_ABORT_TESTS: "true" };
      expect(await refusal("test", project, variable)).toContain("nightly");
      expect(await refusal("test --config unstable.panic-abort-tests=true", project)).toContain("nightly");
      writeFiles(project, { ".cargo/config.toml": config.replace(/.*\n.*\n/, "") });
      expect(panics(await graphOf("test", project))).toEqual(["unwind"]);
      expect(panics(await graphOf("+nightly test", project, variable))).toEqual(["abort"]);
      expect(panics(await graphOf("+nightly -Zpanic-abort-tests test", project))).toEqual(["abort"]);
      expect(panics(await graphOf("+nightly test -Zpanic-abort-tests", project))).toEqual(["abort"]);
    });

    it("nor what a compiler says that was given RUSTC_BOOTSTRAP, unless it is", async () => {
      const project = checkout();
      const names = async (changes: Changes) =>
        (await graphOf("build", project, changes)).units.map(({ packageId }) => packageId.name);
      expect(await names({})).not.toContain("ghost");
      expect(await names({ RUSTC_BOOTSTRAP: "1" })).toContain("ghost");
      expect(await refusal("build", project, { RUSTC_BOOTSTRAP: "0" })).toContain("nightly");
      writeFiles(project, { ".cargo/config.toml": `[env]\nRUSTC_BOOTSTRAP = "1"\n` });
      expect(await refusal("build", project)).toContain("nightly");
    });
  });

  describe("is remembered", () => {
    const kept = new Map<string, Uint8Array>();
    const shelf: GraphShelf = {
      get: async (key) => kept.get(key),
      put: async (key, bytes) => void kept.set(key, bytes),
    };
    let cargo: string;
    let log: string;

    beforeAll(async () => {
      log = sandbox.path("cargo.log");
      cargo = sandbox.path("counting-cargo");
      const real = (await sandbox.run(["rustup", "which", "cargo"], { in: sandbox.root })).trim();
      writeFileSync(cargo, `#!/bin/sh\necho "$*" >> '${log}'\nexec '${real}' "$@"\n`, { mode: 0o755 });
    });

    /** What is learnt, and how many times Cargo was started for it. */
    async function learn(line: string, cwd: string, changes: Changes = {}) {
      const toolchain = (
        await sandbox.run(["rustup", "show", "active-toolchain"], { in: sandbox.root })
      ).split(" ")[0];
      const env = sandbox.env({ CARGO: cargo, RUSTUP_TOOLCHAIN: toolchain, ...changes });
      writeFileSync(log, "");
      const invocation = parseCargoInvocation(line.split(" "));
      const learnt = await learnBuild({ invocation, env, cwd, shim }, shelf, async () => TOOLS);
      if (learnt.kind === "none") throw new Error(learnt.reason);
      await learnt.keep();
      return { ...learnt, asked: readFileSync(log, "utf8").split("\n").length - 1 };
    }

    beforeEach(() => kept.clear());

    it("while nothing changes but what does not matter", async () => {
      const project = checkout();
      await sleep(TICK_MS);
      const first = await learn("build", project);
      expect(first).toMatchObject({ asked: 2, recalled: false });
      await sandbox.cargo(["build"], { in: project });
      await edit(project, {
        "src/main.rs": `mod more;\n${readFileSync(join(project, "src/main.rs"), "utf8")}`,
      });
      await edit(project, { "src/more.rs": "", "core_lib/README.md": "" });
      await sandbox.cargo(["build"], { in: project });
      const second = await learn("build", project);
      expect(second).toMatchObject({ asked: 0, recalled: true, graph: first.graph, project: first.project });
    });

    it.each<[string, Files]>([
      [
        "a manifest",
        { "core_lib/Cargo.toml": `${manifest("core_lib", "[features]\nmore = []\n")}[dependencies]\n` },
      ],
      ["a target", { "src/bin/second.rs": "fn main() {}\n" }],
      ["a build script", { "ghost/build.rs": "fn main() {}\n" }],
      ["a configuration file", { ".cargo/config.toml": "[profile.dev]\nopt-level = 1\n" }],
    ])("until %s changes", async (_, files) => {
      const project = checkout();
      await sleep(TICK_MS);
      const first = await learn("build", project);
      await edit(project, files);
      const second = await learn("build", project);
      expect(second).toMatchObject({ asked: 2, recalled: false });
      if (!("ghost/build.rs" in files)) expect(second.graph).not.toEqual(first.graph);
      await sleep(TICK_MS);
      await learn("build", project); // Cargo.lock may have been written by the question
      expect(await learn("build", project)).toMatchObject({ asked: 0, recalled: true, graph: second.graph });
    });

    /** A checkout with a lockfile, whose graph is known. */
    async function known(changes: Changes = {}): Promise<string> {
      const one = checkout();
      await learn("build", one, changes);
      await sleep(TICK_MS);
      await learn("build", one, changes);
      return one;
    }

    it("for another checkout with the same contents, and there until something changes", async () => {
      const one = await known();
      const first = await learn("build", one);
      const two = sandbox.checkout(one, `checkout-${++checkouts}`);
      await sleep(TICK_MS);
      const second = await learn("build", two);
      const inTwo = (known: unknown) => JSON.parse(JSON.stringify(known).replaceAll(one, two)) as unknown;
      expect(second).toMatchObject({ asked: 0, recalled: true });
      expect(JSON.parse(JSON.stringify(second.graph))).toEqual(inTwo(first.graph));
      expect(second.project).toEqual(inTwo(first.project));
      await sandbox.cargo(["clean"], { in: two }); // the times of the directory change
      expect(await learn("build", two)).toMatchObject({ asked: 0, recalled: true });
      expect((await learn("build", join(two, "core_lib"))).asked).toBe(2);
      expect((await learn("build", join(one, "core_lib"))).asked).toBe(0);
      await edit(two, { "src/bin/second.rs": "fn main() {}\n" });
      expect((await learn("build", two)).asked).toBe(2);
    });

    it.each<[string, Files]>([
      ["a manifest above it", { "Cargo.toml": `[workspace]\nmembers = ["two"]\n` }],
      ["settings above it", { ".cargo/config.toml": `[profile.dev]\nopt-level = 1\n` }],
      ["another manifest", { "two/core_lib/Cargo.toml": `${manifest("core_lib")}[features]\nmore = []\n` }],
      ["another lockfile", { "two/Cargo.lock": "version = 4\n" }],
    ])("but not for a checkout with %s", async (_, files) => {
      const one = await known();
      const above = sandbox.path(`above-${++checkouts}`);
      sandbox.checkout(one, `above-${checkouts}/two`);
      writeFiles(above, files);
      await sleep(TICK_MS);
      expect((await learn("build", join(above, "two"))).asked).toBe(2);
    });

    it("but not where a checkout's path decides about the build directory", async () => {
      const named = { CARGO_BUILD_BUILD_DIR: "/tmp/{workspace-path-hash}" };
      const one = await known(named);
      const two = sandbox.checkout(one, `checkout-${++checkouts}`);
      await sleep(TICK_MS);
      const [first, second] = [await learn("build", one, named), await learn("build", two, named)];
      expect(first.asked).toBe(0);
      expect(second.asked).toBe(2);
      expect(second.project.buildDirectory).not.toBe(first.project.buildDirectory);
    });

    it("for each command line, directory and set of variables by itself", async () => {
      const project = checkout();
      await sleep(TICK_MS);
      for (const [line, changes] of [
        ["build", {}],
        ["build -r", {}],
        ["test", {}],
        ["build", { RUSTFLAGS: "--cfg x" }],
        ["build", { CARGO_INCREMENTAL: "1" }],
      ] as const) {
        expect((await learn(line, project, changes)).asked, line).toBe(2);
        expect((await learn(line, project, changes)).asked, line).toBe(0);
      }
      expect((await learn("build", join(project, "core_lib"))).asked).toBe(2);
    });
  });

  describe("comes with the directories that the build uses", () => {
    it.each<[string, Changes, string]>([
      ["build", {}, ""],
      ["build --target-dir by-option", { CARGO_TARGET_DIR: "by-variable" }, ""],
      ["build", { CARGO_TARGET_DIR: "by-variable" }, ""],
      ["build", {}, `[build]\ntarget-dir = "by-file"\nbuild-dir = "between"\n`],
      ["build --target-dir by-option", {}, `[build]\nbuild-dir = "{workspace-root}/between"\n`],
      [`build --config build.target-dir="by-setting"`, {}, `[build]\ntarget-dir = "by-file"\n`],
      [`--config build.target-dir="by-setting" build --target-dir by-option`, {}, ""],
      ["clippy --manifest-path core_lib/Cargo.toml", {}, ""],
    ])("%j %j %j", async (line, changes, config) => {
      const project = checkout();
      writeFiles(project, { ".cargo/config.toml": config });
      const invocation = parseCargoInvocation(line.split(" "));
      const said = await queryProject({ invocation, env: sandbox.env(changes), cwd: project });
      await sandbox.cargo(line.split(" "), { in: project, env: changes });
      expect(said?.workspaceRoot).toBe(project);
      expect(existsSync(join(said?.buildDirectory ?? "", "debug/deps"))).toBe(true);
      expect(existsSync(join(said?.targetDirectory ?? "", "debug"))).toBe(true);
      const made = readdirSync(project).filter((name) => name === "target" || !names.includes(name));
      const expected = [said?.targetDirectory, said?.buildDirectory].map((path) =>
        path?.replace(`${project}/`, ""),
      );
      expect(made.sort()).toEqual([...new Set(expected)].sort());
    });
  });
});

/** Package, kind and name of what is compiled, and the runs of build scripts, sorted. */
function unitsOf({ units }: UnitGraph): string[] {
  return units
    .filter(({ mode }) => mode !== "doctest")
    .map(({ packageId, target, mode }) =>
      mode === "run-custom-build"
        ? `${packageId.spec} run`
        : `${packageId.spec} ${target.kind} ${target.name}`,
    )
    .sort();
}

interface CargoMessage {
  readonly reason: string;
  readonly package_id: string;
  readonly target: { readonly kind: readonly string[]; readonly name: string };
}

/** The same, as `--message-format json` tells it. */
function unitsIn(stdout: string): string[] {
  const messages = stdout
    .split("\n")
    .filter((line) => line.startsWith('{"reason"'))
    .map((line) => JSON.parse(line) as CargoMessage);
  return messages
    .flatMap(({ reason, package_id: spec, target }) => {
      if (reason === "build-script-executed") return `${spec} run`;
      return reason === "compiler-artifact" ? `${spec} ${target.kind} ${target.name}` : [];
    })
    .sort();
}

function panicOf(profile: string): unknown {
  return (JSON.parse(profile) as Record<string, unknown>)["panic"];
}

/** All files below a directory with their times. */
function snapshot(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return Object.fromEntries(
    names.map((name) => {
      const { ino, size, mtimeMs, ctimeMs } = statSync(join(directory, name));
      return [name, `${ino} ${size} ${mtimeMs} ${ctimeMs}`];
    }),
  );
}
