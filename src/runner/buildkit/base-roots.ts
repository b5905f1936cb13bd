// SPDX-License-Identifier: MIT OR Apache-2.0
import { fromBinary } from "@bufbuild/protobuf";
import type { ContainerBase } from "../../containerfile/container-unit.ts";
import type { LlbEdge, TextVertex } from "../../containerfile/llb.ts";
import { GreenError } from "../../error.ts";
import { definitionOf } from "./definition.ts";
import type { FrontendRequest, SolvedRef } from "./gateway-job.ts";
import type { MarshalledVertex } from "./marshal.ts";
import { type Definition, OpSchema } from "./proto/ops_pb.ts";

export interface StageBuilder {
  solveFrontend(request: FrontendRequest): Promise<SolvedRef>;
  marshal(vertex: TextVertex): MarshalledVertex;
}

/** BuildKit's own frontend for Containerfiles, and the names that it knows files by (frontend/dockerui, 0.25). */
const FRONTEND = "dockerfile.v0";
const INPUT = "dockerfile";
const FILE_NAME = "Dockerfile";

/** The file systems of bases, each found out once. */
export function baseRoots(builder: StageBuilder): (base: ContainerBase) => Promise<LlbEdge> {
  const known = new Map<string, Promise<LlbEdge>>();
  return (base) => {
    const key = JSON.stringify([base.platform, base.kind === "image" ? base.reference : base.containerfile]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const root = base.kind === "image" ? imageRoot(base) : stageRoot(base, builder);
    known.set(key, root);
    root.catch(() => known.delete(key));
    return root;
  };
}

async function imageRoot({ reference, platform }: ContainerBase & { kind: "image" }): Promise<LlbEdge> {
  return { vertex: { kind: "image", reference, platform }, output: 0 };
}

/** Has the builder make a stage, and takes what it made it of: so it stands in no unit's way again. */
async function stageRoot(
  { containerfile, platform }: ContainerBase & { kind: "stage" },
  { solveFrontend, marshal }: StageBuilder,
): Promise<LlbEdge> {
  const text = marshal({ kind: "text", name: FILE_NAME, text: containerfile });
  const { definition } = await solveFrontend({
    frontend: FRONTEND,
    options: { platform },
    inputs: { [INPUT]: definitionOf(text, { output: 0 }) },
  });
  return definedEdge(definition);
}

/** The last op of a definition says which other one is meant. */
function definedEdge(definition: Definition | undefined): LlbEdge {
  const ops = definition?.def.slice(0, -1) ?? [];
  const last = definition?.def.at(-1);
  const end = last === undefined ? undefined : fromBinary(OpSchema, last).inputs[0];
  if (end === undefined) {
    throw new GreenError("protocol", "The builder does not say what a base image's stage is made of");
  }
  return { vertex: { kind: "defined", ops, digest: end.digest }, output: Number(end.index) };
}
