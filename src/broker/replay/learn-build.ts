// SPDX-License-Identifier: MIT OR Apache-2.0
import { type CargoConfig, readCargoConfig } from "./cargo-config.ts";
import {
  type KnownElsewhere,
  recallElsewhere,
  rememberElsewhere,
  type WatchedBy,
} from "./graph-elsewhere.ts";
import { compilerKey, graphKey } from "./graph-key.ts";
import {
  areUnchanged,
  type BuildTools,
  type GraphShelf,
  type KnownGraph,
  recallGraph,
  rememberGraph,
  surroundingsOf,
} from "./graph-memory.ts";
import { type GraphQuery, type NoGraph, type PreparedQuery, prepareQuery } from "./graph-query.ts";
import { queryProject } from "./project-query.ts";
import { toolchainFiles } from "./toolchain-files.ts";
import { watchListOf } from "./watch-list.ts";

/** What a build will do and where, or why that is not known. */
export type LearntBuild =
  | (KnownGraph & {
      readonly kind: "known";
      /** Cargo's, as it is read for this build. */
      readonly config: CargoConfig;
      /** See `compilerKey`; undefined if which programs answer is up to rustup. */
      readonly compiler: string | undefined;
      /** What the compiler has just told Cargo, if it was asked: see `rustcInfo`. */
      readonly compilerAnswers: string | undefined;
      /** True if no Cargo was started to learn it. */
      readonly recalled: boolean;
      /** Keeps it for the next build; resolves to whether that can recall it, and never rejects. */
      keep(): Promise<boolean>;
    })
  | NoGraph;

interface AskedGraph extends Omit<KnownElsewhere, "watch"> {
  readonly compilerAnswers: string | undefined;
}

/** Asks the programs behind these files (see `toolchainFiles`) what they are. Undefined if they do not say. */
export type IdentifyTools = (files: readonly string[] | undefined) => Promise<BuildTools | undefined>;

/** The unit graph, directories and tools of a build: as remembered, else by asking them. Never rejects. */
export async function learnBuild(
  query: GraphQuery,
  shelf: GraphShelf,
  identify: IdentifyTools,
): Promise<LearntBuild> {
  const { invocation, env, cwd } = query;
  const config = readCargoConfig(invocation, cwd, env);
  const prepared = prepareQuery(query, config);
  if (prepared.kind === "none") return prepared;
  const toolchain = await toolchainFiles(invocation, env, cwd);
  const facts = toolchain === undefined ? undefined : { invocation, env, cwd, toolchain, config };
  const key = facts === undefined ? undefined : graphKey(facts);
  const compiler = facts === undefined ? undefined : compilerKey(facts, query.shim);
  const recalled = key === undefined ? undefined : await recallGraph(key, shelf);
  if (recalled !== undefined)
    return {
      ...{ kind: "known", config, ...recalled, compiler, compilerAnswers: undefined, recalled: true },
      keep: () => Promise.resolve(true),
    };
  const askedAt = Date.now();
  const watchedBy: WatchedBy = (known) => watchListOf({ invocation, env, cwd, config, ...known });
  const elsewhere =
    facts === undefined ? undefined : await recallElsewhere(facts, watchedBy, shelf).catch(() => undefined);
  const answer = elsewhere ?? (await askAll(query, prepared, () => identify(toolchain)));
  if ("kind" in answer) return answer;
  const { graph, json, project, tools } = answer;
  const compilerAnswers = "compilerAnswers" in answer ? answer.compilerAnswers : undefined;
  // At once: a build changes the directories that it builds in.
  const watch = elsewhere?.watch ?? watchedBy(answer);
  const surroundings = watch && surroundingsOf(watch, askedAt);
  const keep = async () => {
    if (facts === undefined || key === undefined || watch === undefined || surroundings === undefined)
      return false;
    await rememberGraph(key, { project, tools, json, surroundings }, shelf);
    if (elsewhere === undefined && areUnchanged(surroundings))
      await rememberElsewhere(facts, answer, watch, shelf);
    return true;
  };
  return {
    ...{ kind: "known", config, graph, project, tools, compiler, compilerAnswers },
    recalled: elsewhere !== undefined,
    keep: () => keep().catch(() => false),
  };
}

async function askAll(
  query: GraphQuery,
  prepared: PreparedQuery,
  identify: () => Promise<BuildTools | undefined>,
): Promise<AskedGraph | NoGraph> {
  // Who is waited for longest is begun with, but for the compiler: what remotes are asked depends on it.
  const [tools, answer, project] = await Promise.all([
    identify().catch(() => undefined),
    prepared.ask(),
    queryProject(query),
  ]);
  if (answer.kind === "none") return answer;
  if (project === undefined) return { kind: "none", reason: "cargo metadata does not work here" };
  if (tools === undefined) return { kind: "none", reason: "Cargo or rustc does not say what it is" };
  const { graph, json, compilerAnswers } = answer;
  return { graph, json, compilerAnswers, project, tools };
}
