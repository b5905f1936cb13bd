// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve, sep } from "node:path";
import { absolutePath } from "../cargo/absolute-path.ts";
import { parseBuildScriptOutput } from "../cargo/build-script-output.ts";
import { parseDepInfo } from "../cargo/dep-info.ts";
import { cargoHome, identifyPackage, type Package } from "../cargo/package.ts";
import { privateArgument } from "../cargo/private-flags.ts";
import { normaliseText, type PathRoots } from "../cargo/roots.ts";
import { linksByRustLld } from "../cargo/rust-lld.ts";
import { parseRustcArgv, type RustcInvocation } from "../cargo/rustc-argv.ts";
import { outputFiles, primaryOutputs } from "../cargo/rustc-outputs.ts";
import { placeInTarget } from "../cargo/target-layout.ts";
import type { Binding, Closure, InputSet, Inputs, Invocation, UnitIdentity } from "../unit/record.ts";
import { asNamed } from "./as-named.ts";
import { hasEscapes } from "./bytes-text.ts";
import { confineRustc } from "./confinement.ts";
import type { KnownUnit } from "./known-units.ts";
import type { PlanContext } from "./plan-context.ts";
import { isEverybodys } from "./private-places.ts";
import type { ShimRequest } from "./protocol.ts";
import { remapArguments } from "./remap.ts";
import { invocationEnvironment } from "./request-roots.ts";
import { identifyRustc } from "./rustc-identity.ts";
import { type NamedDependency, type RustcFacts, type RustcInputs, rustcInputs } from "./rustc-inputs.ts";
import { placeStandIn, REAL_SUFFIX, replaceByStandIn } from "./stand-in.ts";
import type {
  CapturedOutput,
  FinishedRun,
  Inheritance,
  PlacedOutput,
  PrimaryOutput,
  UnitCommand,
  UnitPlan,
  Untouched,
} from "./unit-plan.ts";

/** A call of a compiler, taken apart: `clippy-driver rustc …` has a driver. */
interface CompilerCall {
  readonly driver: string | undefined;
  readonly rustc: string;
  readonly argv: readonly string[];
}

/** Plans a call of rustc, or of clippy-driver in its place. */
export async function planRustc(request: ShimRequest, context: PlanContext): Promise<UnitPlan | Untouched> {
  const call = compilerCall(request);
  const parsed = parseRustcArgv(call.argv);
  const [own, toolchain] = await Promise.all([
    identifyPackage(request.env, await context.machine.packageContext(request.cwd)),
    context.machine.toolchain(call.rustc, request.env),
  ]);
  if (own === undefined) return { untouched: "not started by Cargo", identity: undefined };
  const driver = call.driver === undefined ? undefined : basename(call.driver);
  const identity = identifyRustc({
    parsed,
    argv: call.argv,
    package: own,
    toolchain,
    driver,
    cwd: request.cwd,
    env: request.env,
  });
  if ("uncacheable" in parsed) return { untouched: parsed.uncacheable, identity };
  if (driver !== undefined && driver !== "clippy-driver")
    return { untouched: `compiled through ${driver}`, identity };
  const place =
    parsed.outDir === undefined
      ? undefined
      : placeInTarget(absolutePath(request.cwd, parsed.outDir), parsed.target);
  const home = cargoHome(request.env);
  if (place === undefined || home === undefined)
    return { untouched: "its --out-dir is not one of Cargo's", identity };

  const dependencies = await resolveExterns(parsed, request.cwd, context);
  if (typeof dependencies === "string") {
    return { untouched: `its dependency ${dependencies} was built without cargo-green`, identity };
  }
  const remap =
    context.config.remapPathPrefix && !mapsCoverage(parsed)
      ? remapArguments({
          package: own,
          cwd: request.cwd,
          cargoHome: home,
          targetRoot: place.root,
          input: parsed.input,
        })
      : [];
  const roots = context.roots.of({
    request,
    package: own,
    targetRoot: place.root,
    sysroot: toolchain.sysroot,
  });
  if (hasEscapes(roots)) return { untouched: "a path has characters that JSON escapes", identity };
  const facts: RustcFacts = {
    request,
    invocation: parsed,
    package: own,
    toolchain,
    roots,
    remapped: remap.length > 0,
    links: identity.kind !== "lib" || parsed.crateTypes.some((type) => type.endsWith("dylib")),
    clippyDriver: call.driver,
    dependencies,
    relocatable: (name) => own.immutable || name === "OUT_DIR",
  };
  const inputs = await rustcInputs(facts, context);
  return new RustcPlan({ facts, identity, call, remap, inputs }, context);
}

function compilerCall({ role, argv }: ShimRequest): CompilerCall {
  const [first = "", second = ""] = argv;
  if (role !== "workspace-wrapper") return { driver: undefined, rustc: first, argv: argv.slice(1) };
  return { driver: first, rustc: second, argv: argv.slice(2) };
}

/** Coverage tools look for the paths that plain cargo gives: sources to show, and CARGO_HOME to leave out. */
function mapsCoverage({ rest }: RustcInvocation): boolean {
  return rest.some((word, at) => rest[at - 1] === "-C" && /^instrument-coverage(=|$)/.test(word));
}

/** The units behind `--extern`; the name of the first that is not ours. */
async function resolveExterns(
  invocation: RustcInvocation,
  cwd: string,
  context: PlanContext,
): Promise<readonly NamedDependency[] | string> {
  const directories = invocation.searchPaths
    .filter(({ kind }) => kind === "dependency")
    .map(({ path }) => absolutePath(cwd, path));
  const found = await Promise.all(
    invocation.externs.map(async ({ name, path }) => {
      if (path === undefined) return []; // a crate of the sysroot: the compiler's identity covers it
      const unit = await context.known.at(absolutePath(cwd, path), directories);
      return unit === undefined ? name : [{ name, unit }];
    }),
  );
  return (
    found.find((each) => typeof each === "string") ?? found.filter((each) => typeof each !== "string").flat()
  );
}

interface RustcPlanParts {
  readonly facts: RustcFacts;
  readonly identity: UnitIdentity;
  readonly call: CompilerCall;
  readonly remap: readonly string[];
  readonly inputs: RustcInputs;
}

class RustcPlan implements UnitPlan {
  readonly identity: UnitIdentity;
  readonly package: Package;
  readonly roots: PathRoots;
  readonly env: ReadonlyMap<string, string>;
  readonly fixed: Inputs;
  readonly dependencies: readonly KnownUnit[];
  readonly inherits: readonly Inheritance[];
  readonly presentation: string;
  readonly place: string;
  readonly announces: readonly string[];
  readonly foreignEnv: readonly string[];
  readonly replacesLinked: boolean;
  readonly #facts: RustcFacts;
  readonly #inputs: RustcInputs;
  readonly #context: PlanContext;
  readonly #call: CompilerCall;
  readonly #remap: readonly string[];

  constructor({ facts, identity, call, remap, inputs }: RustcPlanParts, context: PlanContext) {
    const { request, invocation, roots } = facts;
    this.#call = call;
    this.#remap = remap;
    this.#facts = facts;
    this.#inputs = inputs;
    this.#context = context;
    this.identity = identity;
    this.package = facts.package;
    this.roots = roots;
    this.env = request.env;
    this.fixed = inputs.fixed;
    this.foreignEnv = inputs.foreignEnv;
    this.dependencies = facts.dependencies.map(({ unit }) => unit);
    const outDir = request.env.get("OUT_DIR");
    this.inherits = outDir === undefined ? [] : [context.known.generatedIn(outDir)];
    this.replacesLinked = linksByRustLld(invocation, identity, request.env);
    this.presentation = invocation.presentation.join(" ");
    this.place = absolutePath(request.cwd, invocation.outDir ?? "");
    const announced = primaryOutputs(invocation).map((name) => `${this.place}/${name}`);
    this.announces = this.#isStoodInFor ? announced.map((path) => path + REAL_SUFFIX) : announced;
  }

  // What follows is of no use where a result is found, which is what a plan is for most of the time.

  /** The programs (clippy-driver stands before rustc), then what they are told. */
  get #argv(): readonly [string, ...string[]] {
    const { driver, rustc, argv } = this.#call;
    // Before Cargo's own arguments: a user's remapping, which comes later, wins.
    const told = [...this.#remap, ...argv];
    return driver === undefined ? [rustc, ...told] : [driver, rustc, ...told];
  }

  get run(): UnitCommand {
    const { request, toolchain, package: own, links } = this.#facts;
    const { machine, shim } = this.#context;
    const confinement = confineRustc({
      request,
      sysroot: toolchain.sysroot,
      packageRoot: own.root,
      // The linker may be any of the tools.
      tools: [...machine.rustFiles(request.env), ...(links ? machine.toolFiles(request.env) : [])],
      shim,
    });
    const argv = this.#argv;
    const hidesVariables = this.#inputs.procMacros.length > 0;
    return {
      compiler: toolchain.text,
      command: { argv },
      argv,
      cwd: request.cwd,
      programs: this.#call.driver === undefined ? 1 : 2,
      confinement,
      elsewhere: [],
      around: own.immutable ? undefined : request.cwd,
      hidesVariables,
    };
  }

  get invocation(): Invocation {
    const { request, roots } = this.#facts;
    const [program, ...argv] = this.#argv.map((arg) => normaliseText(arg, roots));
    return {
      program: program ?? "",
      argv,
      env: invocationEnvironment(request.env, Object.keys(this.fixed), roots),
      cwd: normaliseText(request.cwd, roots),
    };
  }

  async particular(): Promise<string | undefined> {
    const { request, roots } = this.#facts;
    const outDir = request.env.get("OUT_DIR");
    const printed = outDir === undefined ? undefined : await this.#context.known.generatedIn(outDir)?.printed;
    return privateArgument(
      this.#call.argv.map((argument) => normaliseText(argument, roots)),
      {
        script: printed === undefined ? undefined : parseBuildScriptOutput(Buffer.from(printed, "latin1")),
        isShared: isEverybodys,
      },
    );
  }

  /** A build script's executable makes room for a stand-in that answers its runs. */
  get #isStoodInFor(): boolean {
    return this.identity.kind === "build-script" && this.#context.shim !== undefined;
  }

  relocatable(name: string): boolean {
    return this.#facts.relocatable(name);
  }

  async discover(finished?: FinishedRun): Promise<InputSet> {
    const { invocation, request, package: own } = this.#facts;
    const name = `${invocation.crateName}${invocation.extraFilename}.d`;
    const path =
      finished?.captured.find((output) => output.path === name)?.staged.path ?? join(this.place, name);
    const depInfo = parseDepInfo(readFileSync(path, "utf8"));
    const outDir = request.env.get("OUT_DIR");
    // What is below OUT_DIR, and in a package that cannot change, is in the key already.
    const covered = [outDir, own.immutable ? own.root : undefined].filter((each) => each !== undefined);
    const files = depInfo.files
      .map((file) => asNamed(request.cwd, file))
      .filter((file) => !covered.some((root) => resolve(file).startsWith(root + sep)))
      .map((file) => normaliseText(file, this.roots));
    return {
      files: [...new Set(files)].sort(),
      env: [...new Set(depInfo.env.map(({ name: variable }) => variable))].sort(),
    };
  }

  /** Of what is in the key as a whole nobody says what was read when: it must be as it was. */
  async objection(): Promise<string | undefined> {
    const changed = await this.#inputs.changedOnDisk();
    if (changed !== undefined) return `while it was compiled there was a change in: ${changed}`;
    const git = this.fixed["git state"];
    if (git === undefined || git === (await this.#context.machine.gitNow(this.package.root, this.env)))
      return undefined;
    return "the repository changed while it was compiled";
  }

  /** A coverage map is compressed, so the paths in it are not found by searching for them. */
  async bindings(): Promise<readonly Binding[]> {
    if (!mapsCoverage(this.#facts.invocation)) return [];
    return this.roots.roots
      .filter(({ name }) => name === "WORKSPACE" || name === "CARGO_HOME" || name === "TARGET")
      .map(({ name, path }) => ({ root: name, path }));
  }

  async outputs(): Promise<readonly PlacedOutput[]> {
    return outputFiles(this.#facts.invocation, readdirSync(this.place)).map((name): PlacedOutput => {
      const file = join(this.place, name);
      if (this.#isStoodInFor && (statSync(file).mode & 0o111) !== 0)
        return { path: name + REAL_SUFFIX, role: "real-build-script", file };
      return { path: name, role: name.endsWith(".d") ? "dep-info" : "plain", file };
    });
  }

  async capture(): Promise<readonly CapturedOutput[]> {
    const { shim, store, inPlace } = this.#context;
    const outputs = await this.outputs();
    return Promise.all(
      outputs.map(async ({ path, role, file }): Promise<CapturedOutput> => {
        const staged = await store.stage(file);
        if (role === "real-build-script" && shim !== undefined && inPlace !== true)
          await replaceByStandIn(file, shim);
        return { path, role, staged };
      }),
    );
  }

  async clear(): Promise<void> {}

  /** rustc replaces its outputs. */
  async beforeRerun(): Promise<void> {}

  async afterRestore(): Promise<void> {
    const { shim } = this.#context;
    if (!this.#isStoodInFor || shim === undefined) return;
    await Promise.all(this.announces.map((path) => placeStandIn(path.slice(0, -REAL_SUFFIX.length), shim)));
  }

  isPrimary(path: string): boolean {
    return this.#facts.invocation.emit.includes("metadata") ? path.endsWith(".rmeta") : !path.endsWith(".d");
  }

  closure(primary: readonly PrimaryOutput[]): Closure {
    const own = this.identity.kind === "proc-macro" ? primary.map(({ digest }) => digest) : [];
    // A proc-macro's own dependencies end in its library: dependents load that alone.
    const below = this.identity.kind === "proc-macro" ? [] : this.#inputs.procMacros;
    return { procMacros: [...own, ...below].sort(), systemLibraries: this.#inputs.systemLibraries };
  }
}
