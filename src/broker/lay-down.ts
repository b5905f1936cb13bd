// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { PathRoots } from "../cargo/roots.ts";
import type { UnitStore } from "../store/store.ts";
import { writeAtomically } from "../store/write-atomically.ts";
import { pathBelow } from "../unit/path-below.ts";
import type { OutputFile } from "../unit/record.ts";
import { expandDepInfo } from "./bytes-text.ts";

/** Where a unit's outputs go, and which paths take the place of the placeholders in them. */
export interface LayDownPlace {
  /** Absolute directory, which exists. */
  readonly place: string;
  readonly roots: PathRoots;
}

/** Puts one stored output where it belongs. Throws as `pathBelow`, `UnitStore.materialize` and `expandText` do. */
export async function layDown(
  output: OutputFile,
  { place, roots }: LayDownPlace,
  store: Pick<UnitStore, "materialize" | "read">,
): Promise<void> {
  const destination = pathBelow(place, output.path);
  if (output.path.endsWith("/")) {
    await mkdir(destination, { recursive: true });
    return;
  }
  if (output.path.includes("/")) await mkdir(dirname(destination), { recursive: true });
  if (output.role !== "dep-info") return store.materialize(output, destination);
  return writeAtomically(destination, expandDepInfo(await store.read(output.digest), roots));
}
