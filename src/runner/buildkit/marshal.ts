// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { ExecVertex, LlbEdge, LlbMount, LlbVertex, LocalVertex } from "../../containerfile/llb.ts";
import { type MountSchema, type Op, OpSchema, type PlatformSchema } from "./proto/ops_pb.ts";

/** Enumerations of solver/pb/ops.proto, BuildKit 0.25. */
const NET_MODE = { sandbox: 0, none: 2 } as const;
const MOUNT_TYPE = { bind: 0, tmpfs: 4 } as const;
/** `pb.Empty` and `pb.SkipOutput`: no input, no output. */
const NONE = -1n;

/** A vertex in BuildKit's own form. */
export interface MarshalledVertex {
  /** `sha256:…`, as the builder names the vertex. */
  readonly digest: string;
  /** Its op, and those that come with it; the last one is the vertex. */
  readonly ops: readonly MarshalledOp[];
  readonly inputs: readonly MarshalledVertex[];
  /** As people know it. */
  readonly name: string | undefined;
  /** What the client may be asked for. */
  readonly local: LocalVertex | undefined;
}

export interface MarshalledOp {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** Marshals vertices, each object once. */
export function createMarshaller(): (vertex: LlbVertex) => MarshalledVertex {
  const known = new WeakMap<LlbVertex, MarshalledVertex>();
  const marshal = (vertex: LlbVertex): MarshalledVertex => {
    const found = known.get(vertex);
    if (found !== undefined) return found;
    const made = marshalVertex(vertex, marshal);
    known.set(vertex, made);
    return made;
  };
  return marshal;
}

function marshalVertex(
  vertex: LlbVertex,
  marshal: (vertex: LlbVertex) => MarshalledVertex,
): MarshalledVertex {
  const leaf = { inputs: [], name: undefined, local: undefined };
  switch (vertex.kind) {
    case "image": {
      const source = { identifier: `docker-image://${vertex.reference}`, attrs: {} };
      return {
        ...leaf,
        ...single({ op: { case: "source", value: source }, platform: platformOf(vertex.platform) }),
      };
    }
    case "local": {
      const attrs = { "local.includepattern": JSON.stringify([vertex.content]) };
      const source = { identifier: `local://${vertex.name}`, attrs };
      return { ...leaf, ...single({ op: { case: "source", value: source } }), local: vertex };
    }
    case "text": {
      const mkfile = { path: `/${vertex.name}`, mode: 0o644, data: Buffer.from(vertex.text), timestamp: 0n };
      const action = {
        input: NONE,
        secondaryInput: NONE,
        output: 0n,
        action: { case: "mkfile", value: mkfile },
      } as const;
      return { ...leaf, ...single({ op: { case: "file", value: { actions: [action] } } }) };
    }
    case "defined": {
      const ops = vertex.ops.map((bytes) => ({ digest: digestOfOp(bytes), bytes }));
      return { ...leaf, digest: vertex.digest, ops };
    }
    case "exec":
      return marshalExec(vertex, marshal);
  }
}

function marshalExec(vertex: ExecVertex, marshal: (vertex: LlbVertex) => MarshalledVertex): MarshalledVertex {
  const inputs = new Map<
    string,
    { readonly index: number; readonly edge: LlbEdge; readonly of: MarshalledVertex }
  >();
  const inputOf = (edge: LlbEdge): bigint => {
    const of = marshal(edge.vertex);
    const key = `${of.digest} ${edge.output}`;
    const input = inputs.get(key) ?? { index: inputs.size, edge, of };
    inputs.set(key, input);
    return BigInt(input.index);
  };
  let outputs = 0n;
  const mounts = vertex.mounts.map((mount) => {
    const output = mount.kind === "output" ? outputs : NONE;
    if (mount.kind === "output") outputs += 1n;
    return mountOf(mount, inputOf, output);
  });
  const { args, env, cwd, name } = vertex;
  const network = NET_MODE[vertex.network];
  const op = single({
    inputs: [...inputs.values()].map(({ edge, of }) => ({ digest: of.digest, index: BigInt(edge.output) })),
    op: { case: "exec", value: { meta: { args: [...args], env: [...env], cwd }, mounts, network } },
    platform: platformOf(vertex.platform),
  });
  const marshalled = new Set([...inputs.values()].map(({ of }) => of));
  return { ...op, inputs: [...marshalled], name, local: undefined };
}

function mountOf(
  mount: LlbMount,
  inputOf: (edge: LlbEdge) => bigint,
  output: bigint,
): MessageInitShape<typeof MountSchema> {
  switch (mount.kind) {
    case "root":
      return { input: inputOf(mount.edge), dest: "/", output, readonly: true, mountType: MOUNT_TYPE.bind };
    case "input": {
      const { edge, selector, target } = mount;
      return {
        input: inputOf(edge),
        selector,
        dest: target,
        output,
        readonly: true,
        mountType: MOUNT_TYPE.bind,
      };
    }
    case "output":
      return { input: NONE, dest: mount.target, output, mountType: MOUNT_TYPE.bind };
    case "temporary":
      return { input: NONE, dest: mount.target, output, mountType: MOUNT_TYPE.tmpfs };
  }
}

function single(op: MessageInitShape<typeof OpSchema>): {
  readonly digest: string;
  readonly ops: readonly MarshalledOp[];
} {
  const bytes = marshalOp(create(OpSchema, op));
  const digest = digestOfOp(bytes);
  return { digest, ops: [{ digest, bytes }] };
}

/**
 * BuildKit marshals ops anew and names them by that, with Go's deterministic marshalling: a oneof comes last whatever
 * its numbers (google.golang.org/protobuf 1.36, internal/order), maps by their keys.
 */
function marshalOp(op: Op): Uint8Array {
  const rest = toBinary(OpSchema, { ...op, op: { case: undefined } });
  const oneof = toBinary(OpSchema, create(OpSchema, { op: op.op }));
  return Buffer.concat([rest, oneof]);
}

/** `sha256:…` */
export function digestOfOp(bytes: Uint8Array): string {
  return `sha256:${hash("sha256", bytes, "hex")}`;
}

/**
 * What a builder calls a vertex that is to be solved although it has a result in the same job: solver/jobs.go of
 * BuildKit 0.25, loadUnlocked.
 */
export function uncachedDigest(digest: string): string {
  return digestOfOp(Buffer.from(`${digest}-ignorecache`));
}

/** `linux/arm64/v8` as BuildKit has it. */
function platformOf(platform: string): MessageInitShape<typeof PlatformSchema> {
  const [OS = "", Architecture = "", Variant = ""] = platform.split("/");
  return { OS, Architecture, Variant };
}
