// SPDX-License-Identifier: MIT OR Apache-2.0
import { create, toBinary } from "@bufbuild/protobuf";
import type { LocalVertex } from "../../containerfile/llb.ts";
import type { MarshalledVertex } from "./marshal.ts";
import { type Definition, DefinitionSchema, OpSchema } from "./proto/ops_pb.ts";

export interface DefinitionOptions {
  /** Which of the vertex's outputs is asked for. */
  readonly output: number;
  /** Run the vertex even if the builder has its result. */
  readonly again?: boolean;
}

/** What a builder is given to solve: a vertex with all that it is made of, and at the end which output is meant. */
export function definitionOf(
  vertex: MarshalledVertex,
  { output, again = false }: DefinitionOptions,
): Definition {
  const ops = new Map<string, Uint8Array>();
  const names = new Map<string, string>();
  for (const each of withInputs(vertex)) {
    for (const { digest, bytes } of each.ops) ops.set(digest, bytes);
    if (each.name !== undefined) names.set(each.digest, each.name);
  }
  const end = create(OpSchema, { inputs: [{ digest: vertex.digest, index: BigInt(output) }] });
  const metadata = [...names].map(([digest, name]) => {
    const description = { "llb.customname": name };
    return [digest, { description, ignoreCache: again && digest === vertex.digest }] as const;
  });
  return create(DefinitionSchema, {
    def: [...ops.values(), toBinary(OpSchema, end)],
    metadata: Object.fromEntries(metadata),
  });
}

/** What the client may be asked for while a vertex is solved. */
export function localSourcesOf(vertex: MarshalledVertex): readonly LocalVertex[] {
  return [...withInputs(vertex)].flatMap(({ local }) => local ?? []);
}

/** A vertex behind all that it is made of. */
function withInputs(vertex: MarshalledVertex): ReadonlySet<MarshalledVertex> {
  const seen = new Set<MarshalledVertex>();
  const ordered = new Set<MarshalledVertex>();
  const visit = (each: MarshalledVertex) => {
    if (seen.has(each)) return;
    seen.add(each);
    for (const input of each.inputs) visit(input);
    ordered.add(each);
  };
  visit(vertex);
  return ordered;
}
