// SPDX-License-Identifier: MIT OR Apache-2.0
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import type { ExecVertex, LlbVertex } from "../../../src/containerfile/llb.ts";
import { definitionOf, localSourcesOf } from "../../../src/runner/buildkit/definition.ts";
import { createMarshaller } from "../../../src/runner/buildkit/marshal.ts";
import { OpSchema } from "../../../src/runner/buildkit/proto/ops_pb.ts";

const image: LlbVertex = {
  kind: "image",
  reference:
    "localhost:5611/cargo-green-test/rust@sha256:a93c6b6e89ef882c2e55b1032adbc181af5dba245b2462ccbd55739c00765722",
  platform: "linux/amd64",
};

function local(name: string): LlbVertex {
  const source = { kind: "tree", tree: { directory: `/${name}`, identity: name, files: undefined } } as const;
  return { kind: "local", name, content: "c0ffee", source };
}

function exec(name: string, mounts: ExecVertex["mounts"]): ExecVertex {
  return {
    ...{ kind: "exec", name, args: ["/bin/sh", "-c", "true"], env: [], cwd: "/work", network: "none" },
    ...{ platform: "linux/amd64", mounts: [{ kind: "root", edge: { vertex: image, output: 0 } }, ...mounts] },
  };
}

const out = { kind: "output", target: "/out" } as const;
const mountOf = (vertex: LlbVertex, target: string, selector = "") =>
  ({ kind: "input", target, edge: { vertex, output: 0 }, selector }) as const;

describe("a vertex", () => {
  test("is named as BuildKit names it: this is what it said of that image", () => {
    expect(createMarshaller()(image).digest).toMatch(/^sha256:a1a585bbbbc2/);
  });

  test("is the same bytes however often it is marshalled, its kind behind everything else", () => {
    const vertex = exec("a", [out, mountOf(local("l"), "/work")]);
    const [first, second] = [createMarshaller()(vertex), createMarshaller()(structuredClone(vertex))];
    expect(second.digest).toBe(first.digest);
    const bytes = Buffer.from(first.ops[0]?.bytes ?? []);
    const inputs = first.inputs.map(({ digest }) => bytes.indexOf(digest));
    expect(bytes.indexOf("amd64")).toBeLessThan(bytes.indexOf("/bin/sh"));
    expect(Math.max(...inputs)).toBeLessThan(bytes.indexOf("amd64"));
    expect(createMarshaller()({ ...vertex, name: "b" }).digest).toBe(first.digest);
    expect(createMarshaller()({ ...vertex, cwd: "/" }).digest).not.toBe(first.digest);
  });

  test("has each of its inputs once, and outputs that are counted as they are mounted", () => {
    const source = local("l");
    const vertex = exec("a", [
      out,
      mountOf(source, "/a", "/x"),
      mountOf(source, "/b", "/y"),
      mountOf(image, "/c"),
    ]);
    const [{ bytes } = { bytes: new Uint8Array() }] = createMarshaller()(vertex).ops;
    const { inputs, op } = fromBinary(OpSchema, bytes);
    expect(inputs).toHaveLength(2);
    const mounts = op.case === "exec" ? op.value.mounts : [];
    expect(
      mounts.map(({ dest, input, output, readonly, selector }) => [dest, input, output, readonly, selector]),
    ).toEqual([
      ["/", 0n, -1n, true, ""],
      ["/out", -1n, 0n, false, ""],
      ["/a", 1n, -1n, true, "/x"],
      ["/b", 1n, -1n, true, "/y"],
      ["/c", 0n, -1n, true, ""],
    ]);
  });
});

describe("a definition", () => {
  const source = local("l");
  const below = exec("below", [out, mountOf(source, "/work")]);
  const above = exec("above", [
    out,
    mountOf(below, "/t/a", "/out/a"),
    mountOf(below, "/t/b", "/out/b"),
    mountOf(source, "/work"),
  ]);
  const marshalled = createMarshaller()(above);

  test("has every vertex once, behind what it is made of, and ends with the one that is meant", () => {
    const { def, metadata } = definitionOf(marshalled, { output: 0 });
    expect(def).toHaveLength(5);
    const last = fromBinary(OpSchema, def.at(-1) ?? new Uint8Array());
    expect(last.inputs.map(({ digest, index }) => [digest, index])).toEqual([[marshalled.digest, 0n]]);
    const names = Object.values(metadata).map(({ description }) => description["llb.customname"]);
    expect(names).toEqual(["below", "above"]);
    expect(Object.values(metadata).some(({ ignoreCache }) => ignoreCache)).toBe(false);
  });

  test("says which one is to be run again, and no other", () => {
    const { metadata } = definitionOf(marshalled, { output: 0, again: true });
    const again = Object.entries(metadata).filter(([, { ignoreCache }]) => ignoreCache);
    expect(again.map(([digest]) => digest)).toEqual([marshalled.digest]);
  });

  test("names what the client may be asked for", () => {
    expect(localSourcesOf(marshalled)).toEqual([source]);
  });
});
