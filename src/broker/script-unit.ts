// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { parseBuildScriptOutput } from "../cargo/build-script-output.ts";
import { classifyEnv, RESOLVED_VARIABLES } from "../cargo/env-policy.ts";
import { identifyPackage, type Package } from "../cargo/package.ts";
import { privateArgument, privateRustflag } from "../cargo/private-flags.ts";
import { mentionsAbove, normaliseText, type PathRoots } from "../cargo/roots.ts";
import { placeInTarget } from "../cargo/target-layout.ts";
import { GreenError } from "../error.ts";
import type { Binding, Closure, InputSet, Inputs, Invocation, UnitIdentity } from "../unit/record.ts";
import { digestTree, listEmptyDirectories, listTree } from "../unit/tree.ts";
import { asNamed } from "./as-named.ts";
import { confineScript } from "./confinement.ts";
import type { KnownUnit } from "./known-units.ts";
import type { PlanContext } from "./plan-context.ts";
import { isEverybodys } from "./private-places.ts";
import type { ShimRequest } from "./protocol.ts";
import { invocationEnvironment } from "./request-roots.ts";
import { type ScriptFacts, type ScriptInputs, scriptInputs } from "./script-inputs.ts";
import type {
  CapturedOutput,
  FinishedRun,
  Inheritance,
  PlacedOutput,
  UnitCommand,
  UnitPlan,
  Untouched,
} from "./unit-plan.ts";

/** Plans the run of a build script whose stand-in Cargo has started. */
export async function planScriptRun(
  request: ShimRequest,
  context: PlanContext,
): Promise<UnitPlan | Untouched> {
  const [executable = ""] = request.argv;
  const outDir = request.env.get("OUT_DIR");
  const rustc = request.env.get("RUSTC");
  if (outDir === undefined || rustc === undefined) {
    return { untouched: "not started by Cargo", identity: undefined };
  }
  const place = placeInTarget(outDir, request.env.get("TARGET"));
  const [own, toolchain] = await Promise.all([
    identifyPackage(request.env, await context.machine.packageContext(outDir)),
    context.machine.toolchain(rustc, request.env),
  ]);
  if (own === undefined || place === undefined)
    return { untouched: "not started by Cargo", identity: undefined };
  const script = await context.known.at(executable, []);
  const identity: UnitIdentity = {
    package: own.name,
    version: own.version,
    source: own.source,
    target: script?.identity.target ?? "build-script-build",
    kind: "build-script-run",
    features: featuresOf(request.env),
    triple: request.env.get("TARGET") ?? toolchain.host,
    profile: place.profile,
    rustc: toolchain.release,
    mode: "build",
  };
  const facts: ScriptFacts = {
    request,
    executable,
    script,
    package: own,
    toolchain,
    roots: context.roots.of({ request, package: own, targetRoot: place.root, sysroot: toolchain.sysroot }),
    outDir,
    workspace: own.immutable ? undefined : await context.machine.workspaceOf(own.root),
    startsEmpty: context.inPlace === true || readdirSync(outDir).length === 0,
  };
  return new ScriptPlan(facts, identity, await scriptInputs(facts, context), context);
}

/** `CARGO_FEATURE_*` in Cargo's own spelling as far as it can be told: upper case and underscores hide the original. */
function featuresOf(env: ReadonlyMap<string, string>): readonly string[] {
  const prefix = "CARGO_FEATURE_";
  const names = [...env.keys()].filter((name) => name.startsWith(prefix));
  return names.map((name) => name.slice(prefix.length).toLowerCase().replaceAll("_", "-")).sort();
}

const OF_NO_SCRIPT = { script: undefined, isShared: isEverybodys };

class ScriptPlan implements UnitPlan {
  readonly identity: UnitIdentity;
  readonly package: Package;
  readonly roots: PathRoots;
  readonly env: ReadonlyMap<string, string>;
  readonly fixed: Inputs;
  /** None: what it leaves behind is told apart by content, and its executable is in the key. */
  readonly dependencies: readonly KnownUnit[] = [];
  readonly presentation = "";
  readonly place: string;
  readonly announces: readonly string[] = [];
  readonly replacesLinked = false;
  readonly foreignEnv: readonly string[];
  readonly #facts: ScriptFacts;
  readonly #context: PlanContext;
  readonly #inputs: ScriptInputs;

  constructor(facts: ScriptFacts, identity: UnitIdentity, inputs: ScriptInputs, context: PlanContext) {
    const { request, roots } = facts;
    this.#facts = facts;
    this.#inputs = inputs;
    this.#context = context;
    this.identity = identity;
    this.package = facts.package;
    this.roots = roots;
    this.env = request.env;
    this.fixed = inputs.fixed;
    this.foreignEnv = inputs.foreignEnv;
    this.place = facts.outDir;
  }

  get run(): UnitCommand {
    const { request, executable, outDir, toolchain, package: own } = this.#facts;
    const { machine, shim } = this.#context;
    const surroundings = {
      request,
      sysroot: toolchain.sysroot,
      packageRoot: own.root,
      tools: [...machine.rustFiles(request.env), ...machine.toolFiles(request.env)],
      shim,
    };
    return {
      compiler: toolchain.text,
      command: {},
      argv: [executable, ...request.argv.slice(1)],
      cwd: request.cwd,
      programs: 1,
      confinement: confineScript(surroundings, executable, outDir, this.#inputs.elsewhere),
      elsewhere: this.#inputs.elsewhere,
      around: own.immutable ? undefined : this.#facts.workspace,
      hidesVariables: true,
    };
  }

  get invocation(): Invocation {
    const { request, executable, roots } = this.#facts;
    return {
      program: normaliseText(executable, roots),
      argv: [],
      env: invocationEnvironment(request.env, Object.keys(this.fixed), roots),
      cwd: normaliseText(request.cwd, roots),
    };
  }

  /** The script's compilation, and the runs of other scripts whose words it gets as `DEP_*`. */
  get inherits(): readonly Inheritance[] {
    const { script, request } = this.#facts;
    const names = [...request.env.keys()].filter((name) => name.startsWith("DEP_"));
    const runs = names.flatMap((name): readonly Inheritance[] => {
      const found = this.#context.known.linkedBy(name);
      return found.length === 0 ? [undefined] : found;
    });
    return [...new Set([script, ...runs])];
  }

  async particular(): Promise<string | undefined> {
    const { env } = this.#facts.request;
    const flags = normaliseText(env.get("CARGO_ENCODED_RUSTFLAGS") ?? "", this.roots);
    const linker = env.get("RUSTC_LINKER");
    return (
      privateRustflag(flags, isEverybodys) ??
      (linker === undefined ? undefined : privateArgument(["-C", `linker=${linker}`], OF_NO_SCRIPT))
    );
  }

  relocatable(): boolean {
    return true;
  }

  /** What the script declared; inside a package that is in the key as a whole there is nothing to add. */
  async discover(finished?: FinishedRun): Promise<InputSet> {
    if (finished === undefined) throw new TypeError("nothing is compiled against a build script's run");
    const { package: own, outDir } = this.#facts;
    const output = parseBuildScriptOutput(finished.stdout);
    const covered = [own.root, outDir];
    const files = output.rerunIfChanged
      .map((path) => asNamed(own.root, Buffer.from(path, "latin1").toString("utf8")))
      .filter((path) => {
        const file = resolve(path);
        return !covered.some((root) => file === root || file.startsWith(root + sep));
      })
      .map((path) => normaliseText(path, this.roots));
    const env = output.rerunIfEnvChanged.filter(
      (name) => !RESOLVED_VARIABLES.has(name) && classifyEnv(name) !== "bookkeeping",
    );
    return { files: [...new Set(files)].sort(), env: [...new Set(env)].sort() };
  }

  async objection({ stdout }: FinishedRun): Promise<string | undefined> {
    const { package: own } = this.#facts;
    if (!this.#runsAfresh) return "its OUT_DIR held files of an earlier run";
    if (own.immutable) return undefined;
    const keyed = this.#context.system.seals && !this.#inputs.asksGit;
    if (!keyed && !parseBuildScriptOutput(stdout).declaresReruns) {
      return "it declares no rerun-if-changed or rerun-if-env-changed, so what it depends on is unknown";
    }
    const { store } = this.#context;
    const sources = await digestTree(own.root, "sources", (path) => store.digestFile(path));
    if (sources !== this.#inputs.sources) return "its package's files changed while it ran";
    const git = await this.#context.machine.gitNow(own.root, this.env);
    return git === this.fixed["git state"] ? undefined : "the repository changed while it ran";
  }

  /** Scripts find the workspace by going up from their package, or from OUT_DIR. */
  async bindings({ captured, stdout }: FinishedRun): Promise<readonly Binding[]> {
    const places = this.roots.roots.filter(({ name }) => name === "PACKAGE" || name === "TARGET");
    const bindings = new Map<string, Binding>();
    const search = (bytes: Buffer) => {
      for (const { name, path } of places) {
        if (mentionsAbove(bytes, path, this.roots)) bindings.set(name, { root: name, path });
      }
    };
    search(stdout);
    for (const { staged } of captured) search(await readFile(staged.path));
    return [...bindings.values()];
  }

  async outputs(): Promise<readonly PlacedOutput[]> {
    const { outDir } = this.#facts;
    const files = await listTree(outDir, "everything");
    const link = files.find(({ type }) => type === "link");
    if (link !== undefined) throw new GreenError("internal", `OUT_DIR has a symbolic link, "${link.path}"`);
    const empty = await listEmptyDirectories(outDir);
    return [...files.map(({ path }) => path), ...empty.map((path) => `${path}/`)].map((path) => ({
      path,
      role: "plain",
      file: join(outDir, path),
    }));
  }

  async capture(): Promise<readonly CapturedOutput[]> {
    if (!this.#runsAfresh) return [];
    const { store } = this.#context;
    const outputs = await this.outputs();
    return Promise.all(
      outputs.map(async ({ path, role, file }): Promise<CapturedOutput> => {
        const staged = path.endsWith("/") ? store.stageBytes(Buffer.alloc(0), false) : store.stage(file);
        return { path, role, staged: await staged };
      }),
    );
  }

  /** True if it leaves what a first run would. */
  get #runsAfresh(): boolean {
    return this.#facts.startsEmpty || this.#context.system.seals;
  }

  /** A record is all that a first run would leave, so nothing of another run may stay. */
  async clear(): Promise<void> {
    const { outDir, startsEmpty } = this.#facts;
    if (startsEmpty) return;
    await rm(outDir, { recursive: true });
    await mkdir(outDir);
  }

  async beforeRerun(): Promise<void> {
    const { outDir, startsEmpty } = this.#facts;
    if (!startsEmpty) return;
    const names = await readdir(outDir);
    await Promise.all(names.map((name) => rm(join(outDir, name), { recursive: true, force: true })));
  }

  async afterRestore(): Promise<void> {}

  isPrimary(): boolean {
    return true;
  }

  closure(): Closure {
    return { procMacros: [], systemLibraries: false };
  }
}
