// SPDX-License-Identifier: MIT OR Apache-2.0
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { LocalVertex } from "../../containerfile/llb.ts";
import type { MarshalledVertex } from "./marshal.ts";
import { type Definition, DefinitionSchema, type OpMetadataSchema, OpSchema } from "./proto/ops_pb.ts";

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
  // There always is some: a definition without any is none to BuildKit.
  const metadata: Record<string, MessageInitShape<typeof OpMetadataSchema>> = {};
  for (const each of withInputs(vertex)) {
    for (const { digest, bytes } of each.ops) ops.set(digest, bytes);
    if (each.name !== undefined) metadata[each.digest] = { description: { "llb.customname": each.name } };
  }
  metadata[vertex.digest] = { ...metadata[vertex.digest], ignoreCache: again };
  const end = create(OpSchema, { inputs: [{ digest: vertex.digest, index: BigInt(output) }] });
  return create(DefinitionSchema, { def: [...ops.values(), toBinary(OpSchema, end)], metadata });
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
