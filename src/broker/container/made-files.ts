// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname } from "node:path";
import type { ContainerInput, ContainerUnit } from "../../containerfile/container-unit.ts";

/** A file or directory of this machine as what a unit left on the builder. */
export type Made = Pick<ContainerInput & { readonly kind: "output" }, "unit" | "path">;

/** What a compilation of this build wrote, and what it was compiled against. */
export interface CompiledFiles {
  /** Absolute paths of its outputs on this machine. */
  readonly files: readonly string[];
  /** Absolute paths behind its `--extern`. */
  readonly externs: readonly string[];
}

/** What containers of this build left, by where it lies on this machine: it is on the builder already. */
export class MadeFiles {
  readonly #made = new Map<string, Made>();
  readonly #compiled = new Map<string, CompiledFiles>();

  /** Notes where a unit's file, or all that it left, came to lie. */
  note(path: string, unit: ContainerUnit, pathInOutput: string): void {
    this.#made.set(path, { unit, path: pathInOutput });
  }

  /** Notes what a compilation wrote. */
  noteCompiled(compiled: CompiledFiles): void {
    for (const file of compiled.files) this.#compiled.set(file, compiled);
  }

  /** Where a file or directory of this machine is on the builder, as such or in a directory above. */
  at(path: string): Made | undefined {
    for (let above = path; ; above = dirname(above)) {
      const found = this.#made.get(above);
      if (found !== undefined) {
        const below = path.slice(above.length + 1);
        return { ...found, path: [found.path, below].filter((part) => part !== "").join("/") };
      }
      if (above === dirname(above)) return undefined;
    }
  }

  /** The compilation that wrote this file in this build. */
  compiled(path: string): CompiledFiles | undefined {
    return this.#compiled.get(path);
  }
}
