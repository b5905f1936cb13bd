// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CargoInvocation } from "../../cargo/invocation.ts";
import { parseUnitGraph, type UnitGraph } from "../../cargo/unit-graph.ts";
import { askCargo } from "./ask-cargo.ts";
import { readCargoConfig } from "./cargo-config.ts";
import { graphQuestion } from "./graph-question.ts";

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
    }
  | { readonly kind: "none"; readonly reason: string };

/**
 * Asks Cargo for the unit graph of what it is about to build. It changes nothing but what the build itself would
 * change first (Cargo.lock, downloaded packages). Never rejects: without an answer the build goes on without a graph.
 */
export async function queryUnitGraph(query: GraphQuery): Promise<GraphAnswer> {
  const { invocation, env, cwd, shim, onStatus } = query;
  const nowhere = join(tmpdir(), `cargo-green-graph-${randomUUID()}`);
  const config = readCargoConfig(invocation, cwd, env);
  const question = graphQuestion(invocation, { config, env, shim, nowhere });
  if ("none" in question) return { kind: "none", reason: question.none };
  const { toolchain } = invocation;
  const answer = await askCargo({ toolchain, ...question, cwd, ...(onStatus && { onStatus }) });
  rmSync(nowhere, { recursive: true, force: true }); // no Cargo that we know writes to it
  // `cargo run` fails after it has answered (cargo 1.95: an assertion in `ops/cargo_run.rs`).
  const json = answer.stdout.split("\n").find((line) => line.startsWith('{"version":'));
  if (json === undefined || (answer.code !== 0 && question.subcommand !== "run")) {
    return { kind: "none", reason: answer.complaint ?? `Cargo ended with ${answer.code}` };
  }
  const parsed = parseUnitGraph(json);
  return parsed.kind === "graph"
    ? { kind: "graph", graph: parsed.graph, json }
    : { kind: "none", reason: `the unit graph is not understood: ${parsed.reason}` };
}
