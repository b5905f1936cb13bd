// SPDX-License-Identifier: MIT OR Apache-2.0
// Real engines for tests: those that `hack/engine up` started, which all tests share.
import { describe } from "vitest";
import { type Access, type EngineAccess, readAccess } from "../../hack/engine.d/access.ts";
import { runDirectory } from "../../hack/engine.d/directory.ts";
import type { EngineName } from "../../hack/engine.d/engines.ts";
import { Running } from "../../hack/engine.d/running.ts";

/** How to reach engines, the registry that they have the base image from, and that image. */
export type Engines<Name extends EngineName> = Omit<Access, "engines"> & Pick<EngineAccess, Name>;

/**
 * `describe` for tests that need engines. Where one does not run they are skipped, and their title says why; with
 * `CI=true` they fail instead.
 */
export function describeWithEngines<Name extends EngineName>(
  names: readonly Name[],
  title: string,
  tests: (engines: Engines<Name>) => void,
): void {
  const access = readAccess(new Running(runDirectory(process.env)));
  const missing = names.filter((name) => access?.engines[name] === undefined);
  if (access !== undefined && missing.length === 0) {
    const { engines, ...rest } = access;
    describe(title, () => tests({ ...rest, ...(engines as EngineAccess) }));
    return;
  }
  const why = `needs ${missing.join(", ")}: hack/engine up`;
  if (process.env["CI"] === "true") throw new Error(`${title} ${why}`);
  describe.skip(`${title} (${why})`, () => {});
}
