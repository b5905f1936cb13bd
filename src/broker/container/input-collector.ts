// SPDX-License-Identifier: MIT OR Apache-2.0
import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { ContainerInput, LocalTree } from "../../containerfile/container-unit.ts";
import { statOf } from "../../existing-files.ts";
import type { Digest } from "../../unit/digest.ts";
import { everythingIn, treeOf } from "./local-tree.ts";
import type { MadeFiles } from "./made-files.ts";
import type { Places } from "./places.ts";

export interface InputContext {
  readonly places: Places;
  readonly made: Pick<MadeFiles, "at" | "compiled">;
  readonly digestFile: (path: string) => Promise<Digest>;
}

/** Lists what of a directory is to be seen, relative to it. */
export type ListFiles = (directory: string) => Promise<readonly string[]>;

type TreeInput = ContainerInput & { readonly kind: "tree" };

/** Collects what a unit sees: each path of this machine once, as what the builder has of it if it has that. */
export class InputCollector {
  readonly #context: InputContext;
  readonly #inputs = new Map<string, ContainerInput>();

  constructor(context: InputContext) {
    this.#context = context;
  }

  /** A directory, as a tree that is known already. */
  addTree(tree: LocalTree): void {
    this.#add({ kind: "tree", target: this.#target(tree.directory), tree });
  }

  /**
   * A file or directory of this machine, unless what was added before shows it; what is not there is left out.
   * @param list what is to be seen of it if it is a directory
   */
  async add(path: string, list: ListFiles = everythingIn, target = this.#target(path)): Promise<void> {
    const found = statOf(path);
    if (found === undefined || this.#isCovered(target)) return;
    const made = this.#context.made.at(path);
    if (made !== undefined) this.#add({ kind: "output", target, ...made });
    else if (found.isDirectory()) {
      this.#add({ kind: "tree", target, tree: await this.#treeOf(path, await list(path)) });
    } else if (found.isFile()) {
      const digest = await this.#context.digestFile(path);
      this.#add({ kind: "file", target, file: { path, digest, executable: (found.mode & 0o111) !== 0 } });
    }
  }

  /** All of them, none below another, in the order of their targets. */
  async inputs(): Promise<readonly ContainerInput[]> {
    const all = [...this.#inputs.values()];
    const isShown = ({ target }: ContainerInput) =>
      all.some((other) => other.target !== target && covers(other, target));
    const needed = all.filter((input) => !isShown(input));
    const arranged: ContainerInput[] = [];
    for (const input of needed) {
      const inside = needed.map(({ target }) => target).filter((target) => isBelow(target, input.target));
      if (inside.length === 0 || input.kind !== "tree") arranged.push(input);
      else arranged.push(...(await this.#split(input, inside)));
    }
    return arranged.sort((a, b) => (a.target < b.target ? -1 : 1));
  }

  #target(path: string): string {
    return this.#context.places.toContainer(path);
  }

  #treeOf(directory: string, files: readonly string[]): Promise<LocalTree> {
    return treeOf(directory, files, this.#context.digestFile);
  }

  #add(input: ContainerInput): void {
    if (!this.#inputs.has(input.target)) this.#inputs.set(input.target, input);
  }

  #isCovered(target: string): boolean {
    return [...this.#inputs.values()].some((input) => covers(input, target));
  }

  /** A tree without the directories in which something else is to be seen: what is beside that, part by part. */
  async #split({ tree, target }: TreeInput, inside: readonly string[]): Promise<readonly ContainerInput[]> {
    const parts: ContainerInput[] = [];
    for (const [name, files] of byFirstName(tree.files ?? (await everythingIn(tree.directory)))) {
      const path = join(tree.directory, name);
      const below = `${target}/${name}`;
      if (inside.includes(below)) continue;
      if (files.length === 0) parts.push(...(await this.#filePart(path, below)));
      else {
        const part: TreeInput = { kind: "tree", target: below, tree: await this.#treeOf(path, files) };
        const deeper = inside.filter((each) => isBelow(each, below));
        parts.push(...(deeper.length === 0 ? [part] : await this.#split(part, deeper)));
      }
    }
    return parts;
  }

  /** Nothing for a link: what it leads to is shown where it is part of the tree. */
  async #filePart(path: string, target: string): Promise<readonly ContainerInput[]> {
    const found = lstatSync(path);
    if (!found.isFile()) return [];
    const digest = await this.#context.digestFile(path);
    return [{ kind: "file", target, file: { path, digest, executable: (found.mode & 0o111) !== 0 } }];
  }
}

/** True if that shows what is to be seen at a path of the container, which stands for one path of this machine. */
function covers(input: ContainerInput, target: string): boolean {
  if (target === input.target) return true;
  if (!isBelow(target, input.target)) return false;
  if (input.kind !== "tree") return input.kind === "output";
  const path = target.slice(input.target.length + 1);
  const { files } = input.tree;
  return files === undefined || files.some((file) => file === path || isBelow(file, path));
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`);
}

/** Files by the directory or file at the top that they are in or are; those of a directory relative to it. */
function byFirstName(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, string[]>();
  for (const file of files) {
    const slash = file.indexOf("/");
    const name = slash < 0 ? file : file.slice(0, slash);
    const part = parts.get(name) ?? [];
    if (slash >= 0) part.push(file.slice(slash + 1));
    parts.set(name, part);
  }
  return parts;
}
