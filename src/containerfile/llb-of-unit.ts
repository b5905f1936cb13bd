// SPDX-License-Identifier: MIT OR Apache-2.0
import { basename } from "node:path";
import { digestOf } from "../unit/digest.ts";
import {
  type ContainerBase,
  type ContainerInput,
  type ContainerUnit,
  type LocalFile,
  type LocalTree,
  outputIn,
} from "./container-unit.ts";
import type { ExecVertex, LlbEdge, LlbMount, LocalVertex } from "./llb.ts";
import { unitCommand } from "./unit-command.ts";

/** Where a unit's outputs are among those of its vertex. */
export const UNIT_OUTPUT = 0;
/** The name of the only file of a file's source. */
export const FILE_NAME = "file";
/** Hex digits of a digest that keep sources of one name apart; what they contain is told by a whole one. */
const NAME_DIGITS = 16;

/** What a unit's graph needs to know from elsewhere. */
export interface LlbLookups {
  /** The file system of a base. */
  root(base: ContainerBase): Promise<LlbEdge>;
  /** A hex digest that decides about all that is sent of a tree. */
  contentOf(tree: LocalTree): Promise<string>;
}

/**
 * Describes units as LLB. A unit and what it is built on are recognised as objects, so that a graph of them becomes a
 * graph again, and is looked at once.
 */
export function llbOfUnits(lookups: LlbLookups): (unit: ContainerUnit) => Promise<ExecVertex> {
  const known = new WeakMap<ContainerUnit, Promise<ExecVertex>>();
  const vertexOf = (unit: ContainerUnit): Promise<ExecVertex> => {
    const found = known.get(unit);
    if (found !== undefined) return found;
    const made = execOf(unit, lookups, vertexOf);
    known.set(unit, made);
    made.catch(() => known.delete(unit));
    return made;
  };
  return vertexOf;
}

async function execOf(
  unit: ContainerUnit,
  lookups: LlbLookups,
  vertexOf: (unit: ContainerUnit) => Promise<ExecVertex>,
): Promise<ExecVertex> {
  const [edge, inputs] = await Promise.all([
    lookups.root(unit.base),
    Promise.all(unit.inputs.map((input) => mountOf(input, lookups, vertexOf))),
  ]);
  return {
    kind: "exec",
    name: unit.name,
    args: unitCommand(unit),
    env: [],
    cwd: unit.cwd,
    network: unit.network ? "sandbox" : "none",
    platform: unit.base.platform,
    mounts: [
      { kind: "root", edge },
      { kind: "output", target: unit.output },
      { kind: "temporary", target: "/tmp" },
      ...inputs,
    ],
  };
}

async function mountOf(
  input: ContainerInput,
  lookups: LlbLookups,
  vertexOf: (unit: ContainerUnit) => Promise<ExecVertex>,
): Promise<LlbMount> {
  const { target } = input;
  switch (input.kind) {
    case "tree": {
      const vertex = treeVertex(input.tree, await lookups.contentOf(input.tree));
      return { kind: "input", target, edge: { vertex, output: 0 }, selector: "" };
    }
    case "file": {
      const edge = { vertex: fileVertex(input.file), output: 0 };
      return { kind: "input", target, edge, selector: `/${FILE_NAME}` };
    }
    case "output": {
      const edge = { vertex: await vertexOf(input.unit), output: UNIT_OUTPUT };
      const { files } = outputIn(""); // The root of what is mounted at the output's directory.
      return { kind: "input", target, edge, selector: input.path === "" ? files : `${files}/${input.path}` };
    }
  }
}

/**
 * A tree by its name and, if all of it is sent because its content is known, by that: then nobody else's differs. One of
 * which some files are sent is known by its place, so that only what changed is sent the next time.
 */
function treeVertex(tree: LocalTree, content: string): LocalVertex {
  const scope = tree.files === undefined ? content : digestOf(tree.directory);
  const name = `${plainName(tree.directory)}-${scope.slice(0, NAME_DIGITS)}`;
  return { kind: "local", name, content, source: { kind: "tree", tree } };
}

function fileVertex(file: LocalFile): LocalVertex {
  const content = digestOf(`${file.digest} ${file.executable}`);
  const name = `${plainName(file.path)}-${content.slice(0, NAME_DIGITS)}`;
  return { kind: "local", name, content, source: { kind: "file", file } };
}

/** Names are sent in headers, and people see them in the builder's list of what it has. */
function plainName(path: string): string {
  return basename(path).replace(/[^A-Za-z0-9._+-]/g, "_");
}
