// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import { classifyEnv, RESOLVED_VARIABLES } from "../cargo/env-policy.ts";
import { namesInBytes } from "../cargo/names-in-bytes.ts";
import type { Package } from "../cargo/package.ts";
import { normaliseText, type PathRoots } from "../cargo/roots.ts";
import type { RustcIdentity } from "../cargo/toolchain.ts";
import { GreenError } from "../error.ts";
import type { Digest } from "../unit/digest.ts";
import type { Inputs } from "../unit/record.ts";
import { digestTree } from "../unit/tree.ts";
import { envValue } from "./input-sets.ts";
import type { KnownUnit } from "./known-units.ts";
import { namesReadBy } from "./macro-environment.ts";
import type { PlanContext } from "./plan-context.ts";
import type { ShimRequest } from "./protocol.ts";

export interface ScriptFacts {
  readonly request: ShimRequest;
  /** Absolute path of the real executable. */
  readonly executable: string;
  /** The compilation that it comes from, if that is known. */
  readonly script: KnownUnit | undefined;
  readonly package: Package;
  readonly toolchain: RustcIdentity;
  readonly roots: PathRoots;
  readonly outDir: string;
  /** True if OUT_DIR holds nothing of an earlier run. */
  readonly startsEmpty: boolean;
}

export interface ScriptInputs {
  readonly fixed: Inputs;
  /** Digest of the package's files, if they can change. */
  readonly sources: string | undefined;
  readonly foreignEnv: readonly string[];
  /** Directories of the repository that it may ask git about. */
  readonly repository: readonly string[];
  /** Programs on PATH that are not the system's. */
  readonly toolFiles: readonly string[];
}

/** What stands in the bytes of a script that asks git, itself or through a library. */
const GIT_WORDS = ["rev-parse", "describe", "HEAD", ".git", "libgit2", "ls-files"];

/** All inputs of a build script's run that are known before it runs; throws if one of them cannot be read. */
export async function scriptInputs(facts: ScriptFacts, context: PlanContext): Promise<ScriptInputs> {
  const { request, package: own, roots, toolchain } = facts;
  const { env } = request;
  const digestFile = (path: string) => context.store.digestFile(path);
  const executable = await digestFile(facts.executable);
  await facts.script?.recorded;
  const [system, tools, read, sources, git, links, repository, toolFiles] = await Promise.all([
    context.machine.packages(env),
    context.machine.tools(env),
    namesReadBy([executable], env, {
      read: () => readFile(facts.executable),
      memo: (namespace, key) => context.store.memo(namespace, key),
      remember: (namespace, key, value) => context.store.remember(namespace, key, value),
    }),
    own.immutable ? undefined : digestTree(own.root, "sources", digestFile),
    own.immutable ? undefined : gitOf(own, env, context),
    linkedOutputs(facts, digestFile),
    own.immutable ? [] : repositoryFor(facts, executable, context),
    context.machine.toolFiles(env),
  ]);
  const names = [...env.keys()].filter((name) => {
    const named = classifyEnv(name);
    if (named === "bookkeeping" || RESOLVED_VARIABLES.has(name)) return false;
    return named !== "foreign" || read.includes(name) || context.config.setEnvs.includes(name);
  });
  const fixed: Record<string, string> = {
    "build script": facts.script?.key ?? `content ${executable}`,
    package: own.identity,
    rustc: toolchain.text,
    system,
    tools,
    ...links,
  };
  for (const name of names.sort())
    fixed[`env ${name}`] = envValue(name, { env, roots, relocatable: () => true });
  if (sources !== undefined) fixed["package directory"] = sources;
  if (git !== undefined) fixed["git state"] = git;
  const foreignEnv = names.filter((name) => classifyEnv(name) === "foreign");
  return { fixed, sources, foreignEnv, repository, toolFiles };
}

/** Only a script that knows git is shown more than its package, as `git status` looks at every file. */
async function repositoryFor(
  { executable, package: own }: ScriptFacts,
  digest: Digest,
  { store, machine }: PlanContext,
): Promise<readonly string[]> {
  const repository = await machine.repository(own.root);
  if (repository.length === 0) return [];
  const known = store.memo("git-in-bytes", digest);
  const asks = known ?? String(namesInBytes(await readFile(executable), GIT_WORDS).size > 0);
  if (known === undefined) store.remember("git-in-bytes", digest, asks);
  return asks === "true" ? repository : [];
}

async function gitOf(
  own: Package,
  env: ReadonlyMap<string, string>,
  context: PlanContext,
): Promise<string | undefined> {
  const state = await context.machine.git(own.root, env);
  if (state === "unknown") {
    throw new GreenError("environment", `git could not describe the repository of ${own.name}`);
  }
  return state;
}

/** Other build scripts' OUT_DIRs that `links` metadata (`DEP_*`) points into: their files may be read. */
async function linkedOutputs(
  { request, roots }: ScriptFacts,
  digestFile: (path: string) => Promise<Digest>,
): Promise<Inputs> {
  const target = roots.roots.find(({ name }) => name === "TARGET")?.path;
  if (target === undefined) return {};
  const directories = new Set<string>();
  for (const [name, value] of request.env) {
    if (!name.startsWith("DEP_")) continue;
    for (const [, directory = ""] of value.matchAll(OUT_DIR_IN_TEXT)) {
      if (directory.startsWith(`${target}/`)) directories.add(directory);
    }
  }
  const inputs: Record<string, string> = {};
  await Promise.all(
    [...directories].map(async (directory) => {
      inputs[`contents of ${normaliseText(directory, roots)}`] = await digestTree(
        directory,
        "everything",
        digestFile,
      );
    }),
  );
  return inputs;
}

/** `<profile>/build/<package>-<hash>/out`, or `<profile>/build/<package>/<hash>/out` in the newer layout. */
const OUT_DIR_IN_TEXT = /(\/[^:;=,]*?\/build\/[^/:;=,]+(?:\/[0-9a-f]{16})?\/out)(?=$|[/:;=,])/g;
