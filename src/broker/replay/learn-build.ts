// SPDX-License-Identifier: MIT OR Apache-2.0
import { readCargoConfig } from "./cargo-config.ts";
import { graphKey } from "./graph-key.ts";
import {
  type BuildTools,
  type GraphShelf,
  type KnownGraph,
  recallGraph,
  rememberGraph,
} from "./graph-memory.ts";
import { type GraphQuery, type NoGraph, prepareQuery } from "./graph-query.ts";
import { queryProject } from "./project-query.ts";
import { toolchainFiles } from "./toolchain-files.ts";
import { watchListOf } from "./watch-list.ts";

/** What a build will do and where, or why that is not known. */
export type LearntBuild =
  | (KnownGraph & {
      readonly kind: "known";
      /** True if no Cargo was started to learn it. */
      readonly recalled: boolean;
      /** Resolves to whether the next build can recall it; never rejects. */
      readonly kept: Promise<boolean>;
    })
  | NoGraph;

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
  const key = toolchain === undefined ? undefined : graphKey({ invocation, env, cwd, toolchain });
  const recalled = key === undefined ? undefined : await recallGraph(key, shelf);
  if (recalled !== undefined)
    return { kind: "known", ...recalled, recalled: true, kept: Promise.resolve(true) };
  const askedAt = Date.now();
  const [answer, project, tools] = await Promise.all([
    prepared.ask(),
    queryProject(query),
    identify(toolchain).catch(() => undefined),
  ]);
  if (answer.kind === "none") return answer;
  if (project === undefined) return { kind: "none", reason: "cargo metadata does not work here" };
  if (tools === undefined) return { kind: "none", reason: "Cargo or rustc does not say what it is" };
  const { graph, json } = answer;
  const watch = watchListOf({ invocation, env, cwd, config, graph, project });
  const kept =
    key === undefined || watch === undefined
      ? Promise.resolve(false)
      : rememberGraph(key, { project, tools, json, watch, askedAt }, shelf).catch(() => false);
  return { kind: "known", graph, project, tools, recalled: false, kept };
}
