// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { placeInTarget } from "../../cargo/target-layout.ts";
import { lockFiles } from "../replay/target-lock.ts";
import { shapeOf } from "./asked-shape.ts";
import type { AskedUnit } from "./scratch-build.ts";
import type { CargoDirectories } from "./scratch-invocation.ts";

/** Of cargo 1.95, and of newer ones. */
const LOCKS = [".cargo-lock", ".cargo-artifact-lock", ".cargo-build-lock"];

/**
 * Keeps other Cargos from writing where these units are, as Cargo itself does; only locks that are there, as nothing
 * is made in the user's directories. `blocked` is called if somebody else builds there now. Returns what lets go.
 */
export function lockDirectories(
  shim: string,
  asked: readonly AskedUnit[],
  { target, build }: CargoDirectories,
  blocked: () => void,
): Promise<() => Promise<void>> {
  const profiles = asked.flatMap(({ request }) => {
    const shape = shapeOf(request);
    if (shape.kind === "other") return [];
    const triple = shape.kind === "run" ? request.env.get("TARGET") : shape.parsed.target;
    return placeInTarget(shape.place, triple)?.profileDir ?? [];
  });
  // Cargo takes the host's first.
  const sorted = [...new Set(profiles)].sort((a, b) => a.length - b.length);
  const directories = sorted.flatMap((path) => [join(target, relative(build, path)), path]);
  const files = [...new Set(directories)]
    .flatMap((directory) => LOCKS.map((name) => join(directory, name)))
    .filter((file) => existsSync(file));
  return files.length === 0 ? Promise.resolve(async () => {}) : lockFiles(shim, files, blocked);
}
