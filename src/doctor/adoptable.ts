// SPDX-License-Identifier: MIT OR Apache-2.0
import { join, resolve } from "node:path";
import { projectDirectory } from "../cargo/project.ts";
import { namesIn } from "../existing-files.ts";
import type { Finding } from "./finding.ts";

/** Where Cargo keeps what it knows of units: below a profile, or a triple and a profile. */
const MARKS: ReadonlySet<string> = new Set([".fingerprint", "build"]);

/** For an empty cache: whether the project here was built before, by what lies in its usual target directory. */
export function adoptable(env: NodeJS.ProcessEnv, cwd: string): readonly Finding[] {
  const target = resolve(cwd, env["CARGO_TARGET_DIR"] || join(projectDirectory(cwd), "target"));
  if (!directoriesIn(target).some((path) => isProfile(path) || directoriesIn(path).some(isProfile)))
    return [];
  return [
    {
      check: "adopt",
      status: "note",
      says: `the cache is empty, and "${target}" holds what was built before`,
      todo: "`cargo green cache adopt`, with the arguments that you build with, takes it in",
    },
  ];
}

function isProfile(directory: string): boolean {
  return namesIn(directory).some((name) => MARKS.has(name) && namesIn(join(directory, name)).length > 0);
}

function directoriesIn(directory: string): readonly string[] {
  return namesIn(directory).map((name) => join(directory, name));
}
