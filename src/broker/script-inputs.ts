// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { classifyEnv, RESOLVED_VARIABLES } from "../cargo/env-policy.ts";
import { namesInBytes } from "../cargo/names-in-bytes.ts";
import { cargoHome, type Package } from "../cargo/package.ts";
import { normaliseText, type PathRoots } from "../cargo/roots.ts";
import type { RustcIdentity } from "../cargo/toolchain.ts";
import type { Digest } from "../unit/digest.ts";
import type { Inputs } from "../unit/record.ts";
import { digestTree } from "../unit/tree.ts";
import { gitInput } from "./git-input.ts";
import { envValue } from "./input-sets.ts";
import type { KnownUnit } from "./known-units.ts";
import { namesReadBy } from "./macro-environment.ts";
import { namedSources } from "./named-sources.ts";
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
  /** Where the Cargo.lock is that its package, which can change, is built with; undefined if that is not known. */
  readonly workspace: string | undefined;
  /** True if OUT_DIR holds nothing of an earlier run. */
  readonly startsEmpty: boolean;
}

export interface ScriptInputs {
  readonly fixed: Inputs;
  /** Digest of the package's files, if they can change. */
  readonly sources: string | undefined;
  readonly foreignEnv: readonly string[];
  /** Directories beyond its package that it may look at: its repository's, other packages'. */
  readonly elsewhere: readonly string[];
  /** True if it may ask git, which tells more than the key has of a repository. */
  readonly asksGit: boolean;
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
  let reading: Promise<Buffer> | undefined;
  const bytes = () => {
    reading ??= readFile(facts.executable);
    return reading;
  };
  // All but foreign variables are inputs anyway.
  const foreign = new Map([...env].filter(([name]) => classifyEnv(name) === "foreign"));
  const [system, tools, read, sources, git, links, repository, named] = await Promise.all([
    context.system.packages(env),
    context.system.tools(env),
    namesReadBy([executable], foreign, {
      read: bytes,
      memo: (namespace, key) => context.store.memo(namespace, key),
      remember: (namespace, key, value) => context.store.remember(namespace, key, value),
    }),
    own.immutable ? undefined : digestTree(own.root, "sources", digestFile),
    own.immutable ? undefined : gitInput(own, env, context.machine),
    linkedOutputs(facts, digestFile),
    own.immutable ? [] : repositoryFor(facts, executable, context),
    namedSources(executable, cargoHome(env), context.store, bytes),
  ]);
  const names = [...env.keys()].filter((name) => {
    const named = classifyEnv(name);
    if (named === "bookkeeping" || RESOLVED_VARIABLES.has(name)) return false;
    if (context.system.withheld.has(name)) return false;
    return named !== "foreign" || read.includes(name) || context.config.setEnvs.includes(name);
  });
  const fixed: Record<string, string> = {
    "build script": facts.script?.key ?? `content ${executable}`,
    package: own.identity,
    rustc: context.system.compiler(toolchain),
    system,
    tools,
    ...links,
  };
  for (const name of names.sort())
    fixed[`env ${name}`] = envValue(name, { env, roots, relocatable: () => true });
  if (sources !== undefined) fixed["package directory"] = sources;
  if (git !== undefined) fixed["git state"] = git;
  const foreignEnv = names.filter((name) => classifyEnv(name) === "foreign");
  const elsewhere = [...repository, ...named];
  return { fixed, sources, foreignEnv, elsewhere, asksGit: repository.length > 0 };
}

/** Only a script that knows git is shown more than its package, as `git status` looks at every file. */
async function repositoryFor(
  { executable, package: own }: ScriptFacts,
  digest: Digest,
  { store, machine }: PlanContext,
): Promise<readonly string[]> {
  const repository = await machine.repository(own.root);
  return repository.length > 0 && (await knowsGit(executable, digest, store)) ? repository : [];
}

/** True if words by which git is asked stand in the bytes of this executable. */
export async function knowsGit(
  executable: string,
  digest: Digest,
  store: Pick<PlanContext["store"], "memo" | "remember">,
): Promise<boolean> {
  const known = store.memo("git-in-bytes", digest);
  const asks = known ?? String(namesInBytes(await readFile(executable), GIT_WORDS).size > 0);
  if (known === undefined) store.remember("git-in-bytes", digest, asks);
  return asks === "true";
}

/** What `links` metadata (`DEP_*`) and artifact dependencies (`CARGO_BIN_FILE_*`, …) point to: it may be read. */
async function linkedOutputs(
  { request, roots, toolchain }: ScriptFacts,
  digestFile: (path: string) => Promise<Digest>,
): Promise<Inputs> {
  const home = cargoHome(request.env);
  // What cannot change, or is in the key as `system`.
  const pinned = [
    toolchain.sysroot,
    ...(home === undefined ? [] : [`${home}/registry/src`, `${home}/git/checkouts`]),
  ];
  const paths = new Set<string>();
  for (const [name, value] of request.env) {
    if (!NAMES_PATHS.test(name)) continue;
    for (const path of pathsIn(value)) {
      if (!SYSTEM.test(path) && !pinned.some((root) => path === root || path.startsWith(`${root}/`))) {
        paths.add(path);
      }
    }
  }
  const inputs: Record<string, string> = {};
  await Promise.all(
    [...paths].map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) return;
      inputs[`contents of ${normaliseText(path, roots)}`] = found.isDirectory()
        ? await digestTree(path, OUT_DIR.test(path) ? "everything" : "sources", digestFile)
        : await digestFile(path);
    }),
  );
  return inputs;
}

const NAMES_PATHS = /^(DEP_|CARGO_(BIN|CDYLIB|STATICLIB)_(DIR|FILE)_)/;
const SYSTEM = /^\/(usr\/)?(bin|include|lib(32|64|x32|exec)?|share)(\/|$)/;
/** `<profile>/build/<package>-<hash>/out`, or `<profile>/build/<package>/<hash>/out` in the newer layout, or below. */
const OUT_DIR = /\/build\/[^/]+(\/[0-9a-f]{8,})?\/out(\/|$)/;

/** The value itself if it is a path, else what may be one in a list or after an option (`-I/path`). */
function pathsIn(value: string): readonly string[] {
  const words = value.split(/[\s:;,=]+/).map((word) => word.replace(/^-[A-Za-z]+(?=\/)/, ""));
  return [value, ...words].filter((word) => word.startsWith("/")).map((word) => resolve(word));
}
