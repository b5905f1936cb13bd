// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { canonicalArgs } from "../cargo/canonical-args.ts";
import {
  COMPILER_VARIABLES,
  classifyEnv,
  LINKER_VARIABLES,
  RESOLVED_VARIABLES,
} from "../cargo/env-policy.ts";
import { namedInScript } from "../cargo/link-argument.ts";
import type { Package } from "../cargo/package.ts";
import { normaliseText, type PathRoots } from "../cargo/roots.ts";
import type { RustcInvocation } from "../cargo/rustc-argv.ts";
import type { RustcIdentity } from "../cargo/toolchain.ts";
import type { Digest } from "../unit/digest.ts";
import type { Inputs } from "../unit/record.ts";
import { digestTree } from "../unit/tree.ts";
import { gitInput } from "./git-input.ts";
import { envValue } from "./input-sets.ts";
import type { KnownUnit } from "./known-units.ts";
import { namesReadBy } from "./macro-environment.ts";
import { findNativeLibraries, nativeDirectories } from "./native-libraries.ts";
import type { PlanContext } from "./plan-context.ts";
import type { ShimRequest } from "./protocol.ts";
import { REMAP_SCHEME, REMAPPING } from "./remap.ts";
import { namesInSources } from "./source-names.ts";

export interface RustcFacts {
  readonly request: ShimRequest;
  readonly invocation: RustcInvocation;
  readonly package: Package;
  readonly toolchain: RustcIdentity;
  readonly roots: PathRoots;
  readonly remapped: boolean;
  /** True if a linker makes the output. */
  readonly links: boolean;
  /** Path of clippy-driver if it stands in rustc's place. */
  readonly clippyDriver: string | undefined;
  /** By extern name; a name may come twice with different paths. */
  readonly dependencies: readonly NamedDependency[];
  readonly relocatable: (name: string) => boolean;
}

export interface NamedDependency {
  readonly name: string;
  readonly unit: KnownUnit;
}

export interface RustcInputs {
  readonly fixed: Inputs;
  /** This unit or one below leaves a library for the system's linker to find. */
  readonly systemLibraries: boolean;
  /** Digests of the proc-macro libraries that rustc loads for it, sorted. */
  readonly procMacros: readonly Digest[];
  readonly foreignEnv: readonly string[];
  /** Digests again what was digested before the compiler ran; the label of what is another now. */
  readonly changedOnDisk: () => Promise<string | undefined>;
}

/** All inputs of a compilation that are known before it runs; throws if one of them cannot be read. */
export async function rustcInputs(facts: RustcFacts, context: PlanContext): Promise<RustcInputs> {
  const { request, invocation, roots, dependencies, toolchain, links } = facts;
  const digestFile = (path: string) => context.store.digestFile(path);
  // Their libraries' bytes are about to be read from the store; those further below were awaited by the units between.
  await Promise.all(
    dependencies.map(({ unit }) => (unit.identity.kind === "proc-macro" ? unit.recorded : undefined)),
  );
  const procMacros = [...new Set(dependencies.flatMap(({ unit }) => unit.closure.procMacros))].sort();
  const reach = await reachOfMacros(facts, procMacros, context);
  const [onDisk, macroEnv, linker] = await Promise.all([
    diskInputs(facts, reach, digestFile),
    namesReadBy(procMacros, request.env, context.store),
    links ? context.system.linker(linkerOf(invocation), linkArgsOf(invocation), request.env) : undefined,
  ]);
  const systemLibraries =
    onDisk.systemLibraries || dependencies.some(({ unit }) => unit.closure.systemLibraries);
  const compilers = links ? [...COMPILER_VARIABLES, ...LINKER_VARIABLES] : COMPILER_VARIABLES;
  const chosen = procMacros.length > 0 ? await macroVariables(facts, onDisk.inputs, context) : [];
  const variables = [
    ...new Set([...compilers.filter((name) => request.env.has(name)), ...macroEnv, ...chosen]),
  ]
    .filter((name) => !RESOLVED_VARIABLES.has(name) && !context.system.withheld.has(name))
    .sort();

  const fixed: Record<string, string> = {
    ...canonicalArgs(invocation, (argument) => normaliseText(argument, roots)),
    ...onDisk.inputs,
    rustc: context.system.compiler(toolchain),
    package: facts.package.identity,
  };
  for (const { name, unit } of dependencies) {
    const label = `dependency ${name}`;
    fixed[label] = label in fixed ? `${fixed[label]} ${unit.key}` : unit.key;
  }
  for (const name of variables)
    fixed[`env ${name}`] = envValue(name, { env: request.env, roots, relocatable: facts.relocatable });
  const git = await gitForMacros(facts, procMacros, context);
  if (git !== undefined) fixed["git state"] = git;
  if (macroEnv.includes("PATH")) fixed["tools"] = await context.system.tools(request.env);
  if (facts.remapped) fixed[REMAPPING] = REMAP_SCHEME;
  if (linker !== undefined) fixed["linker and C library"] = linker;
  if (links && systemLibraries) fixed["system"] = await context.system.packages(request.env);
  if (facts.clippyDriver !== undefined) {
    fixed["clippy"] = await context.system.clippy(facts.clippyDriver);
    fixed["clippy configuration"] = await clippyConfiguration(facts, digestFile);
  }
  return {
    fixed,
    systemLibraries,
    procMacros,
    changedOnDisk: async () => {
      const { inputs } = await diskInputs(facts, reach, digestFile);
      const labels = new Set([...Object.keys(inputs), ...Object.keys(onDisk.inputs)]);
      return [...labels].find((label) => inputs[label] !== onDisk.inputs[label]);
    },
    foreignEnv: variables.filter((name) => classifyEnv(name) === "foreign"),
  };
}

/** What macros may be told to read by the code that uses them, and what the user wants every unit to see. */
async function macroVariables(
  { request, package: own }: RustcFacts,
  trees: Inputs,
  { config, store }: PlanContext,
): Promise<readonly string[]> {
  const identity = own.immutable ? own.identity : (trees[PACKAGE_TREE] ?? "");
  const named = await namesInSources(own.root, identity, request.env, store);
  return [...named, ...config.setEnvs.filter((name) => request.env.has(name))];
}

/** Label of the digest of a package's whole directory, in a compilation's key. */
export const PACKAGE_TREE = "package directory (proc-macros may read it)";

/** The same of the workspace's directory, where macros may reach that. */
export const WORKSPACE_TREE = "workspace's directory (nothing keeps proc-macros from it)";

/** Directories that macros may read undeclared, by label: the package's and, where there is no sandbox, the workspace's. */
async function reachOfMacros(
  { package: own, roots, request }: RustcFacts,
  procMacros: readonly Digest[],
  { system }: PlanContext,
): Promise<ReadonlyMap<string, string>> {
  if (own.immutable || procMacros.length === 0) return new Map();
  const reach = new Map([[PACKAGE_TREE, own.root]]);
  const workspace = roots.roots.find(({ name }) => name === "WORKSPACE")?.path;
  if (workspace === undefined || workspace === own.root) return reach;
  if (!(await system.confines(request.env))) reach.set(WORKSPACE_TREE, workspace);
  return reach;
}

/** What is read from the disk beside the sources that dep-info names. */
async function diskInputs(
  facts: RustcFacts,
  reach: ReadonlyMap<string, string>,
  digestFile: (path: string) => Promise<Digest>,
): Promise<{ readonly inputs: Inputs; readonly systemLibraries: boolean }> {
  const { invocation, request, roots } = facts;
  const [native, directories, files, trees] = await Promise.all([
    findNativeLibraries(invocation, request.cwd, digestFile),
    nativeDirectories(invocation, request.cwd, roots, digestFile),
    namedFiles(facts, digestFile),
    treeInputs(facts, reach, digestFile),
  ]);
  return { inputs: { ...native.inputs, ...directories, ...files, ...trees }, systemLibraries: native.system };
}

/** A proc-macro may read any file that it reaches; a package with a build script may include what it generated. */
async function treeInputs(
  facts: RustcFacts,
  reach: ReadonlyMap<string, string>,
  digestFile: (path: string) => Promise<Digest>,
): Promise<Inputs> {
  const inputs: Record<string, string> = {};
  const outDir = facts.request.env.get("OUT_DIR");
  if (outDir !== undefined) inputs["OUT_DIR contents"] = await digestTree(outDir, "everything", digestFile);
  for (const [label, directory] of reach) inputs[label] = await digestTree(directory, "sources", digestFile);
  return inputs;
}

/** The state of a changing package's repository, where a proc-macro knows words by which git is asked. */
async function gitForMacros(
  { package: own, request }: RustcFacts,
  procMacros: readonly Digest[],
  context: PlanContext,
): Promise<string | undefined> {
  if (own.immutable || procMacros.length === 0) return undefined;
  const words = new Map([".git", "rev-parse"].map((word) => [word, ""]));
  if ((await namesReadBy(procMacros, words, context.store)).length === 0) return undefined;
  return gitInput(own, request.env, context.machine);
}

/**
 * The file that Clippy takes its settings from (`lookup_conf_file` in clippy_config, 1.95): the first of two names, in
 * CLIPPY_CONF_DIR or else the package, or above. Its dep-info names that file only where there is one.
 */
async function clippyConfiguration(
  { request, package: own }: RustcFacts,
  digestFile: (path: string) => Promise<Digest>,
): Promise<string> {
  const start = resolve(request.cwd, request.env.get("CLIPPY_CONF_DIR") ?? own.root);
  for (let directory = start; ; directory = dirname(directory)) {
    for (const name of [".clippy.toml", "clippy.toml"]) {
      const path = join(directory, name);
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile()) return digestFile(path);
    }
    if (dirname(directory) === directory) return "(none)";
  }
}

/** Files that arguments name: target specifications, linker scripts, profiles. */
async function namedFiles(
  { invocation, request, roots }: RustcFacts,
  digestFile: (path: string) => Promise<Digest>,
): Promise<Inputs> {
  const inputs: Record<string, string> = {};
  if (invocation.fileInputs.length === 0) return inputs;
  const directories = [request.cwd, ...invocation.searchPaths.map(({ path }) => resolve(request.cwd, path))];
  const pending = [...invocation.fileInputs];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const { option, path } = next;
    for (const candidate of new Set(directories.map((directory) => resolve(directory, path)))) {
      const found = await stat(candidate).catch(() => undefined);
      const label = `${option} file ${normaliseText(candidate, roots)}`;
      if (!found?.isFile() || label in inputs) continue;
      inputs[label] = await digestFile(candidate);
      if (/link-arg/.test(option) && found.size <= MAX_LINKER_SCRIPT) {
        for (const name of namedInScript(await readFile(candidate, "utf8")))
          pending.push({ option, path: name });
      }
    }
  }
  return inputs;
}

/** Anything larger is no script that a person wrote: 1 MiB. */
const MAX_LINKER_SCRIPT = 1024 * 1024;

/** Given by Cargo's configuration or by RUSTFLAGS; undefined for rustc's own choice, `cc`. */
export function linkerOf({ profile, rest }: RustcInvocation): string | undefined {
  const flag = rest.findLast((word) => word.startsWith("linker="))?.slice("linker=".length);
  return flag ?? profile.findLast(({ name }) => name === "linker")?.value;
}

/** The words that the linker is given. */
export function linkArgsOf({ linkArgs }: RustcInvocation): readonly string[] {
  return linkArgs.flatMap(({ value = "" }) => value.split(" "));
}
