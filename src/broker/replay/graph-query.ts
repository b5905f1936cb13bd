// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CargoInvocation } from "../../cargo/invocation.ts";
import { parseUnitGraph, type UnitGraph } from "../../cargo/unit-graph.ts";
import { askCargo } from "./ask-cargo.ts";
import type { CargoConfig } from "./cargo-config.ts";
import { type GraphQuestion, graphQuestion } from "./graph-question.ts";
import { readAnswers } from "./rustc-info.ts";

export interface GraphQuery {
  readonly invocation: CargoInvocation;
  /** Exactly what Cargo will be started with for the build, CARGO_INCREMENTAL included: profiles depend on it. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The compiler wrapper, native or not. */
  readonly shim: string;
  /** Told the lines in which Cargo says what it will not do again in the build: downloads, a new lockfile, waiting. */
  readonly onStatus?: (line: string) => void;
}

export type GraphAnswer =
  | {
      readonly kind: "graph";
      readonly graph: UnitGraph;
      /** What it was parsed from. */
      readonly json: string;
      /** What the compiler told Cargo for it, as Cargo keeps it in a build directory. */
      readonly compilerAnswers: string | undefined;
    }
  | NoGraph;

export interface NoGraph {
  readonly kind: "none";
  readonly reason: string;
}

/** A question that is ready to be asked, once. */
export interface PreparedQuery {
  readonly kind: "prepared";
  ask(): Promise<GraphAnswer>;
}

/**
 * Makes up how to ask Cargo for the unit graph of what it is about to build, or why not.
 * Asking changes nothing but what the build itself would change first (Cargo.lock, downloaded packages), and never
 * rejects: without an answer the build goes on without a graph.
 */
export function prepareQuery(query: GraphQuery, config: CargoConfig): PreparedQuery | NoGraph {
  const { invocation, env, shim } = query;
  const nowhere = join(tmpdir(), `cargo-green-graph-${randomUUID()}`);
  const question = graphQuestion(invocation, { config, env, shim, nowhere });
  if ("none" in question) return { kind: "none", reason: question.none };
  return {
    kind: "prepared",
    async ask() {
      makeDirectory(nowhere);
      const answer = await answerOf(question, nowhere, query);
      rmSync(nowhere, { recursive: true, force: true });
      return answer;
    },
  };
}

/** Where it cannot be made, Cargo answers all the same, and keeps nothing. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch {
    // No space, or no permission.
  }
}

async function answerOf(question: GraphQuestion, directory: string, query: GraphQuery): Promise<GraphAnswer> {
  const { invocation, cwd, onStatus } = query;
  const { toolchain } = invocation;
  const answer = await askCargo({ toolchain, ...question, cwd, ...(onStatus && { onStatus }) });
  const json = answer.stdout.split("\n").find((line) => line.startsWith('{"version":'));
  // `cargo run` fails after it has answered (cargo 1.95: an assertion in `ops/cargo_run.rs`).
  if (json === undefined || (answer.code !== 0 && question.subcommand !== "run")) {
    return { kind: "none", reason: answer.complaint ?? `Cargo ended with ${answer.code}` };
  }
  const parsed = parseUnitGraph(json);
  return parsed.kind === "graph"
    ? { kind: "graph", graph: parsed.graph, json, compilerAnswers: readAnswers(directory) }
    : { kind: "none", reason: `the unit graph is not understood: ${parsed.reason}` };
}
