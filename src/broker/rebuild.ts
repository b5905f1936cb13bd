// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFiles } from "../cargo/files.ts";
import { cargoHome } from "../cargo/package.ts";
import { expandText, makeRoots, type PathRoots } from "../cargo/roots.ts";
import { runProgram } from "../cargo/run-program.ts";
import { rustcIdentity } from "../cargo/toolchain.ts";
import { variablesOf } from "../cargo/variables.ts";
import { GreenError } from "../error.ts";
import type { RecordRow, Store } from "../store/store.ts";
import type { UnitRecord } from "../unit/record.ts";
import { digestTree } from "../unit/tree.ts";
import { layDown } from "./lay-down.ts";
import { Machine } from "./machine.ts";
import { rebuildCommand } from "./rebuild-command.ts";
import { REAL_SUFFIX } from "./stand-in.ts";

/** What became of a unit that was compiled again. */
export interface Rebuild {
  readonly row: RecordRow;
  readonly outcome: "same" | "different" | "skipped";
  /** Which files differ, or why it was skipped. */
  readonly detail: string;
}

export interface RebuildOptions {
  /** The environment to compile in: PATH, CARGO_HOME, HOME. */
  readonly env: NodeJS.ProcessEnv;
  /** The compiled shim, which can make a sandbox; undefined if there is none. */
  readonly shim: string | undefined;
  /** Told what is being compiled. */
  readonly onProgress: (text: string) => void;
}

/**
 * Compiles `count` random units again, from the sources in CARGO_HOME and the stored results of what they depend on,
 * as isolated as they were, and compares the bytes. Units of path packages are left out: the cache does not know where their sources are.
 */
export async function rebuildRecords(
  store: Store,
  count: number,
  options: RebuildOptions,
): Promise<readonly Rebuild[]> {
  const { rows } = store.list({ selectors: [] });
  const candidates = shuffled(
    rows.filter(
      ({ identity }) =>
        identity.kind !== "build-script-run" &&
        (identity.source === "crates-io" || identity.source === "registry"),
    ),
  ).slice(0, count);
  const results: Rebuild[] = [];
  const env = variablesOf(options.env);
  const { shim } = options;
  const machine = new Machine(store, undefined);
  for (const row of candidates) {
    options.onProgress(`${row.identity.package} ${row.identity.version}`);
    results.push(await rebuildOne(store, row, { env, shim, machine }));
  }
  return results;
}

interface Here {
  readonly env: ReadonlyMap<string, string>;
  readonly shim: string | undefined;
  readonly machine: Machine;
}

async function rebuildOne(store: Store, row: RecordRow, here: Here): Promise<Rebuild> {
  const target = await mkdtemp(join(tmpdir(), "cargo-green-rebuild-"));
  try {
    const record = store.byInstance(row.instance);
    if (record === undefined) return { row, outcome: "skipped", detail: "its record is gone" };
    const differing = await compileAgain(store, record, target, here);
    return differing.length === 0
      ? { row, outcome: "same", detail: "" }
      : { row, outcome: "different", detail: differing.join(", ") };
  } catch (thrown) {
    return { row, outcome: "skipped", detail: GreenError.from(thrown).message };
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

/** The names of outputs whose bytes are others now. Throws GreenError with the reason if it cannot be compiled. */
async function compileAgain(
  store: Store,
  record: UnitRecord,
  target: string,
  { env, shim, machine }: Here,
): Promise<readonly string[]> {
  const { roots, rustc, sysroot } = await placesFor(record, target, env, store);
  const place = outDirOf(record, roots);
  await mkdir(place, { recursive: true });
  await layDependencies(store, record, roots, new Set());
  await layOutDir(store, record, roots);
  const backend = await machine.sandbox(shim, env);
  const tools = machine.toolFiles(env);
  const command = rebuildCommand(record, { env, roots, rustc, sysroot, backend, tools, shim });
  const [program = "", ...args] = command.argv;
  const { code } = await runProgram(program, args, command.env, command.cwd);
  if (code !== 0) throw new GreenError("internal", "the compiler failed on it");
  const compared = await Promise.all(
    record.outputs.map(async ({ path, role, digest }) => {
      if (role === "dep-info") return [];
      const name = role === "real-build-script" ? path.slice(0, -REAL_SUFFIX.length) : path;
      const now = await store.digestFile(join(place, name)).catch(() => undefined);
      return now === digest ? [] : [name];
    }),
  );
  return compared.flat();
}

async function placesFor(
  record: UnitRecord,
  target: string,
  env: ReadonlyMap<string, string>,
  store: Store,
): Promise<{ readonly roots: PathRoots; readonly rustc: string; readonly sysroot: string }> {
  const memo = { get: () => undefined, set: () => {}, digestFile: (path: string) => store.digestFile(path) };
  const identity = await rustcIdentity("rustc", { files: nodeFiles("utf8"), run: runProgram, memo, env });
  if (identity === undefined || identity.text !== record.inputs["rustc"]) {
    throw new GreenError(
      "environment",
      `it was made by rustc ${record.identity.rustc}, which is not the one here`,
    );
  }
  if (record.provenance.sandbox.mode === "container") {
    throw new GreenError("environment", `it was made in a container (runner "${record.provenance.runner}")`);
  }
  if (record.identity.mode === "clippy") throw new GreenError("environment", "it was made by clippy");
  const roots = makeRoots({
    TARGET: target,
    CARGO_HOME: cargoHome(env),
    SYSROOT: identity.sysroot,
    HOME: env.get("HOME"),
  });
  for (const { root, path } of record.bindings) {
    if (root !== "TARGET" && !roots.roots.some((here) => here.name === root && here.path === path)) {
      throw new GreenError("environment", `its output contains "${path}"`);
    }
  }
  const { sysroot } = identity;
  return { roots, rustc: join(sysroot, "bin", "rustc"), sysroot };
}

function outDirOf(record: UnitRecord, roots: PathRoots): string {
  const { argv } = record.invocation;
  return expandText(argv[argv.indexOf("--out-dir") + 1] ?? "", roots);
}

/** Lays down everything that the unit was compiled against, where the command line expects it. */
async function layDependencies(
  store: Store,
  record: UnitRecord,
  roots: PathRoots,
  done: Set<string>,
): Promise<void> {
  for (const instance of record.dependencies) {
    if (done.has(instance)) continue;
    done.add(instance);
    const dependency = store.byInstance(instance);
    if (dependency === undefined)
      throw new GreenError("not-found", "a dependency of it is not in the cache any more");
    const place = outDirOf(dependency, roots);
    await mkdir(place, { recursive: true });
    const binaries = dependency.outputs.filter(({ role }) => role !== "dep-info");
    await Promise.all(binaries.map((output) => layDown(output, { place, roots }, store)));
    await layDependencies(store, dependency, roots, done);
  }
}

/** Lays down what the package's build script generated: of the records of its runs, the one with these very files. */
async function layOutDir(store: Store, record: UnitRecord, roots: PathRoots): Promise<void> {
  const wanted = record.inputs["OUT_DIR contents"];
  const value = record.invocation.env["OUT_DIR"];
  if (wanted === undefined || value === undefined) return;
  const outDir = expandText(value, roots);
  const { package: name, version } = record.identity;
  const { rows } = store.list({
    selectors: [{ by: "crate", name, version: `=${version}` }],
    kind: "build-script-run",
  });
  for (const { instance } of rows) {
    const run = store.byInstance(instance);
    if (run === undefined) continue;
    await rm(outDir, { recursive: true, force: true });
    await mkdir(outDir, { recursive: true });
    await Promise.all(run.outputs.map((output) => layDown(output, { place: outDir, roots }, store)));
    if ((await digestTree(outDir, "everything", (path) => store.digestFile(path))) === wanted) return;
  }
  throw new GreenError("not-found", "what its build script generated is not in the cache any more");
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const order = items.map((item) => ({ item, at: Math.random() }));
  return order.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
