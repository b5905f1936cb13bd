// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import type { ContainerInput, ContainerUnit } from "../../src/containerfile/container-unit.ts";
import type { LlbEdge } from "../../src/containerfile/llb.ts";
import { llbOfUnits } from "../../src/containerfile/llb-of-unit.ts";
import { digestOf } from "../../src/unit/digest.ts";

const root: LlbEdge = {
  vertex: { kind: "image", reference: "rust@sha256:0", platform: "linux/amd64" },
  output: 0,
};

function unit(inputs: readonly ContainerInput[], changes: Partial<ContainerUnit> = {}): ContainerUnit {
  return {
    ...{
      name: "a 1.0.0 (lib)",
      base: { kind: "image", reference: "rust@sha256:0", platform: "linux/amd64" },
    },
    ...{ inputs, env: new Map(), cwd: "/work", argv: ["rustc"], output: "/out", network: false },
    ...changes,
  };
}

function describer() {
  const asked: string[] = [];
  const vertexOf = llbOfUnits({
    root: async () => root,
    async contentOf({ directory, identity }) {
      asked.push(directory);
      return digestOf(identity);
    },
  });
  return { vertexOf, asked };
}

describe("a unit as LLB", () => {
  test("has a root, an output, a fresh /tmp, and its inputs where it sees them", async () => {
    const tree = { directory: "/registry/serde-1.0.0", identity: "sum", files: undefined };
    const file = { path: "/store/libx.rlib", digest: digestOf("x"), executable: false };
    const { vertexOf } = describer();
    const { mounts, network, cwd } = await vertexOf(
      unit([
        { kind: "tree", target: "/src", tree },
        { kind: "file", target: "/target/libx.rlib", file },
      ]),
    );
    expect({ network, cwd }).toEqual({ network: "none", cwd: "/work" });
    expect(mounts).toEqual([
      { kind: "root", edge: root },
      { kind: "output", target: "/out" },
      { kind: "temporary", target: "/tmp" },
      expect.objectContaining({ kind: "input", target: "/src", selector: "" }),
      expect.objectContaining({ kind: "input", target: "/target/libx.rlib", selector: "/file" }),
    ]);
  });

  test("takes what another unit left from that one's vertex, which is the same for all", async () => {
    const below = unit([]);
    const take = (path: string): ContainerInput => ({
      kind: "output",
      target: `/t/${path}`,
      unit: below,
      path,
    });
    const { vertexOf } = describer();
    const { mounts } = await vertexOf(unit([take("liba.rmeta"), take("")]));
    const inputs = mounts.flatMap((mount) => (mount.kind === "input" ? [mount] : []));
    expect(inputs.map(({ selector }) => selector)).toEqual(["/out/liba.rmeta", "/out"]);
    const vertex = await vertexOf(below);
    expect(inputs.map(({ edge }) => edge.vertex === vertex && edge.output)).toEqual([0, 0]);
  });

  test("looks at each unit of a graph once", async () => {
    const tree = { directory: "/d", identity: "i", files: undefined };
    let top = unit([{ kind: "tree", target: "/src", tree }]);
    for (let level = 0; level < 64; level += 1) {
      const below = top;
      const input = (target: string): ContainerInput => ({ kind: "output", target, unit: below, path: "" });
      top = unit([input("/a"), input("/b")]);
    }
    const { vertexOf, asked } = describer();
    await vertexOf(top);
    expect(asked).toEqual(["/d"]);
  });

  test("names trees that never change by their content, others by their place", async () => {
    const named = async (directory: string, identity: string, files: readonly string[] | undefined) => {
      const { vertexOf } = describer();
      const input: ContainerInput = { kind: "tree", target: "/src", tree: { directory, identity, files } };
      const mount = (await vertexOf(unit([input]))).mounts.at(-1);
      return mount?.kind === "input" && mount.edge.vertex.kind === "local" ? mount.edge.vertex : undefined;
    };
    const crate = await named("/a/serde-1.0.0", "1", undefined);
    expect(crate?.name).toMatch(/^serde-1\.0\.0-[0-9a-f]{16}$/);
    expect((await named("/b/serde-1.0.0", "1", undefined))?.name).toBe(crate?.name);
    expect((await named("/a/serde-1.0.0", "2", undefined))?.name).not.toBe(crate?.name);

    const member = await named("/a/my crate", "1", ["src/lib.rs"]);
    const edited = await named("/a/my crate", "2", ["src/lib.rs"]);
    expect(member?.name).toMatch(/^my_crate-/);
    expect(edited?.name).toBe(member?.name);
    expect(edited?.content).not.toBe(member?.content);
    expect((await named("/b/my crate", "1", ["src/lib.rs"]))?.name).not.toBe(member?.name);
  });
});
