// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCargoConfig } from "../../../src/broker/replay/cargo-config.ts";
import {
  type GraphShelf,
  recallGraph,
  rememberGraph,
  surroundingsOf,
} from "../../../src/broker/replay/graph-memory.ts";
import { watchListOf } from "../../../src/broker/replay/watch-list.ts";
import { parseCargoInvocation } from "../../../src/cargo/invocation.ts";
import type { CargoProject, WorkspaceMember } from "../../../src/cargo/metadata.ts";
import { parseUnitGraph } from "../../../src/cargo/unit-graph.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { type Files, writeFiles } from "../../support/files.ts";
import { sleep } from "../../support/process.ts";
import { manifest } from "../../support/projects.ts";

const TOOLS = {
  cargo: "cargo 1.95.0\n",
  rustc: { text: "rustc 1.95.0", release: "1.95.0", host: "h", commit: "c", sysroot: "/sysroot" },
};

/** Longer than a tick of the kernel's clock. */
const TICK_MS = 30;

const FILES: Files = {
  "work/ws/Cargo.toml": `[workspace]
members = ["crates/*", "tool"]
[patch.crates-io]
patched = { path = "../patched" }
`,
  "work/ws/Cargo.lock": "version = 4\n",
  "work/ws/.cargo/config.toml": `include = ["more.toml", { path = "late.toml", optional = true }]\n`,
  "work/ws/.cargo/more.toml": "[net]\nretry = 2\n",
  "work/ws/crates/one/Cargo.toml": manifest(
    "one",
    `[dependencies]\noutside = { path = "../../../outside" }\n`,
  ),
  "work/ws/crates/one/src/lib.rs": "",
  "work/ws/crates/one/src/inner.rs": "",
  "work/ws/crates/one/src/bin/tool/main.rs": "",
  "work/ws/crates/one/src/bin/tool/part.rs": "",
  "work/ws/crates/one/tests/fixtures/data": "",
  "work/ws/crates/notes/README": "",
  "work/ws/tool/Cargo.toml": `[package]\nname = "tool"\nversion = "1.0.0"\n`,
  "work/ws/tool/src/main.rs": "",
  "work/outside/Cargo.toml": manifest(
    "outside",
    `[target.'cfg(unix)'.build-dependencies.deeper]\npath = '../deeper'\n`,
  ),
  "work/outside/src/lib.rs": "",
  "work/deeper/Cargo.toml": manifest("deeper"),
  "work/patched/Cargo.toml": manifest("patched"),
  "work/vendor/lib/Cargo.toml": manifest("lib"),
  "work/vendor/lib/src/lib.rs": "",
  "home/.cargo/registry/src/index/dep-1.0.0/Cargo.toml": manifest("dep"),
};

const unit = (spec: string, src: string) => ({
  ...{ pkg_id: spec, mode: "build", platform: null, features: [], dependencies: [] },
  target: {
    ...{ kind: ["lib"], crate_types: ["lib"], name: "x", src_path: src, edition: "2021" },
    ...{ doc: true, doctest: true, test: true },
  },
  profile: { name: "dev", incremental: false },
});

type Environment = Readonly<Record<string, string>>;

class Machine implements GraphShelf {
  readonly #root = temporaryDirectory();
  readonly #kept = new Map<string, Uint8Array>();

  constructor() {
    writeFiles(this.#root, FILES);
  }

  async get(key: string) {
    return this.#kept.get(key);
  }

  async put(key: string, bytes: Uint8Array) {
    this.#kept.set(key, bytes);
  }

  at(path: string): string {
    return join(this.#root, path);
  }

  #facts(line: string, env: Environment) {
    const invocation = parseCargoInvocation(line.split(" "));
    const cwd = this.at("work/ws/tool");
    const member = (name: string, edition: string, pathDependencies: string[] = []): WorkspaceMember => {
      const manifestPath = this.at(`work/ws/${name}/Cargo.toml`);
      return { name, version: "1.0.0", edition, manifestPath, pathDependencies };
    };
    const project: CargoProject = {
      workspaceRoot: this.at("work/ws"),
      targetDirectory: this.at("work/ws/target"),
      buildDirectory: this.at("work/ws/target"),
      members: [member("crates/one", "2021", [this.at("work/outside")]), member("tool", "2015")],
    };
    const registry = "registry+https://example.com/index";
    const units = [
      unit(`${registry}#dep@1.0.0`, this.at("home/.cargo/registry/src/index/dep-1.0.0/src/lib.rs")),
      unit(`${registry}#lib@1.0.0`, this.at("work/vendor/lib/src/lib.rs")),
    ];
    const json = JSON.stringify({ version: 1, units, roots: [0] });
    const variables = { HOME: this.at("home"), ...env };
    const config = readCargoConfig(invocation, cwd, variables);
    return { json, facts: { invocation, env: variables, cwd, config, project } };
  }

  /** Remembers a graph that Cargo was asked for at a time; by default in a minute, when nothing is young. */
  async remember(line = "build", env: Environment = {}, askedAt = Date.now() + 60_000): Promise<boolean> {
    const { json, facts } = this.#facts(line, env);
    const parsed = parseUnitGraph(json);
    if (parsed.kind !== "graph") throw new Error(parsed.reason);
    const watch = watchListOf({ ...facts, graph: parsed.graph });
    if (watch === undefined) return false;
    const surroundings = surroundingsOf(watch, askedAt);
    if (surroundings === undefined) return false;
    await rememberGraph("key", { project: facts.project, tools: TOOLS, json, surroundings }, this);
    return true;
  }

  async recalls(): Promise<boolean> {
    return (await recallGraph("key", this)) !== undefined;
  }
}

type Change = (at: (path: string) => string) => void;

const write =
  (path: string, text = "changed"): Change =>
  (at) => {
    mkdirSync(join(at(path), ".."), { recursive: true });
    writeFileSync(at(path), text);
  };

/** As editors save. */
const replace =
  (path: string): Change =>
  (at) => {
    writeFileSync(at(`${path}~`), "changed");
    renameSync(at(`${path}~`), at(path));
  };

const remove =
  (path: string): Change =>
  (at) =>
    rmSync(at(path), { recursive: true });

/** A machine that remembers a graph, after a change. */
async function recalledAfter(change: Change): Promise<boolean> {
  const machine = new Machine();
  expect(await machine.remember()).toBe(true);
  expect(await machine.recalls()).toBe(true);
  await sleep(TICK_MS);
  change((path) => machine.at(path));
  return machine.recalls();
}

describe("a remembered graph", () => {
  it("comes back as it was, with the directories", async () => {
    const machine = new Machine();
    await machine.remember();
    const recalled = await recallGraph("key", machine);
    expect(recalled?.graph.units.map(({ packageId }) => packageId.name)).toEqual(["dep", "lib"]);
    expect(recalled?.project.targetDirectory).toBe(machine.at("work/ws/target"));
    expect(await recallGraph("other key", machine)).toBeUndefined();
  });

  it.each<[string, Change]>([
    ["the workspace's manifest", write("work/ws/Cargo.toml", `${FILES["work/ws/Cargo.toml"]}#`)],
    ["a member's manifest", write("work/ws/crates/one/Cargo.toml")],
    [
      "a member's manifest, of the same size",
      (at) => {
        const path = at("work/ws/tool/Cargo.toml");
        writeFileSync(path, readFileSync(path, "utf8").replace("tool", "loot"));
        utimesSync(path, new Date(0), new Date(0));
      },
    ],
    ["the lockfile", write("work/ws/Cargo.lock")],
    ["the lockfile, gone", remove("work/ws/Cargo.lock")],
    ["a manifest outside of the workspace", write("work/outside/Cargo.toml")],
    ["a manifest below that", write("work/deeper/Cargo.toml")],
    ["a patch's manifest", write("work/patched/Cargo.toml")],
    ["a vendored manifest", write("work/vendor/lib/Cargo.toml")],
    ["a configuration file", write("work/ws/.cargo/config.toml")],
    ["an included one", write("work/ws/.cargo/more.toml")],
    ["an optional one that appears", write("work/ws/.cargo/late.toml")],
    ["one that hides another", write("work/ws/.cargo/config")],
    ["one that appears above", write("work/.cargo/config.toml")],
    ["one that appears below", write("work/ws/tool/.cargo/config.toml")],
    ["one in Cargo's home", write("home/.cargo/config.toml")],
    ["a workspace above", write("work/Cargo.toml")],
    ["a workspace between", write("work/ws/crates/Cargo.toml")],
    ["a new member", write("work/ws/crates/two/Cargo.toml")],
    ["a directory that becomes one", write("work/ws/crates/notes/Cargo.toml")],
    ["a member, gone", remove("work/ws/crates/one")],
    ["a build script", write("work/ws/crates/one/build.rs")],
    ["a program", write("work/ws/crates/one/src/main.rs")],
    ["a library", write("work/ws/tool/src/lib.rs")],
    ["a program, gone", remove("work/ws/tool/src/main.rs")],
    ["one more program", write("work/ws/crates/one/src/bin/y.rs")],
    ["a program in a directory", write("work/ws/crates/one/src/bin/y/main.rs")],
    ["a program in a directory, gone", remove("work/ws/crates/one/src/bin/tool/main.rs")],
    ["the first example", write("work/ws/crates/one/examples/a.rs")],
    ["a test", write("work/ws/crates/one/tests/a.rs")],
    ["a test in a directory that was there", write("work/ws/crates/one/tests/fixtures/main.rs")],
    ["a benchmark", write("work/ws/tool/benches/a.rs")],
    ["a program of edition 2015", write("work/ws/tool/src/tool.rs")],
    ["a build script outside of the workspace", write("work/outside/build.rs")],
  ])("is forgotten with %s", async (_, change) => {
    expect(await recalledAfter(change)).toBe(false);
  });

  it.each<[string, Change]>([
    ["nothing", () => {}],
    ["sources that are edited", write("work/ws/crates/one/src/lib.rs")],
    ["sources that are replaced", replace("work/ws/crates/one/src/lib.rs")],
    ["a program that is replaced", replace("work/ws/tool/src/main.rs")],
    ["a new module", write("work/ws/crates/one/src/new.rs")],
    ["a new module of a program", write("work/ws/crates/one/src/bin/tool/new.rs")],
    ["a module, gone", remove("work/ws/crates/one/src/inner.rs")],
    ["a test's data", write("work/ws/crates/one/tests/fixtures/more")],
    ["a build", write("work/ws/target/debug/x")],
    ["other files beside manifests", write("work/ws/crates/one/README.md")],
    ["a file among the members", write("work/ws/crates/README.md")],
    [
      "a manifest of a package that cannot change",
      write("home/.cargo/registry/src/index/dep-1.0.0/Cargo.toml"),
    ],
  ])("survives %s", async (_, change) => {
    expect(await recalledAfter(change)).toBe(true);
  });

  it("is not kept if Cargo may have seen something else", async () => {
    const before = Date.now();
    const machine = new Machine();
    expect(await machine.remember("build", {}, before)).toBe(false);
    await sleep(TICK_MS);
    const after = Date.now();
    expect(await machine.remember("build", {}, after)).toBe(true);
    writeFileSync(machine.at("work/ws/Cargo.lock"), "version = 3\n"); // as the question itself may do
    expect(await machine.remember("build", {}, after)).toBe(false);
  });

  it.each<[string, Environment, Files]>([
    ["build --lockfile-path a/Cargo.lock", {}, {}],
    ["build", { CARGO_BUILD_TARGET: "my.json" }, {}],
    ["build", {}, { "work/.cargo/config.toml": `paths = ["../other"]\n` }],
    ["build", {}, { "work/.cargo/config.toml": `[patch.crates-io]\na = { path = "b" }\n` }],
    ["build", {}, { "work/.cargo/config.toml": `build.target = ["a.json"]\n` }],
    ["build", {}, { "work/.cargo/config.toml": `[build]\nrustc = "mine"\n` }],
    ["build --config build.rustc='mine'", {}, {}],
    ["build", {}, { "work/ws/Cargo.toml": `[workspace]\nmembers = ["crates/**"]\n` }],
  ])("is not kept for %j %j %j", async (line, env, files) => {
    const machine = new Machine();
    writeFiles(machine.at("."), files);
    expect(await machine.remember(line, env)).toBe(false);
  });

  it("of a platform that a file describes is forgotten with it", async () => {
    const machine = new Machine();
    writeFiles(machine.at("work/ws/tool"), { "my.json": "{}" });
    expect(await machine.remember("build --target my.json")).toBe(true);
    await sleep(TICK_MS);
    writeFiles(machine.at("work/ws/tool"), { "my.json": "{ }" });
    expect(await machine.recalls()).toBe(false);
  });

  it("is none if it is damaged", async () => {
    const machine = new Machine();
    await machine.remember();
    const bytes = await machine.get("key");
    if (bytes === undefined) throw new Error("nothing was kept");
    for (const damaged of [bytes.subarray(0, bytes.length - 5), Buffer.from("x"), Buffer.alloc(0)]) {
      await machine.put("key", damaged);
      expect(await machine.recalls()).toBe(false);
    }
  });
});
