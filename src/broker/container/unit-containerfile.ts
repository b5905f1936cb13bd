// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contextOf } from "../../containerfile/build-context.ts";
import { containerfileOf } from "../../containerfile/containerfile.ts";
import { layContext } from "../../containerfile/lay-context.ts";
import { GreenError } from "../../error.ts";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId } from "../../unit/digest.ts";
import { availableContext } from "./available-context.ts";
import { runOf } from "./described-runs.ts";

/** `docker build DIRECTORY` looks for this one; podman takes it, too. */
const FILE_NAME = "Dockerfile";

/** A unit's run in a container, for people. */
export interface UnitContainerfile {
  readonly text: string;
  /** Variables that it saw, and whose values are not kept: they look like secrets. */
  readonly withheld: readonly string[];
  /**
   * Writes the text and all that it names into a directory that is empty or not there, as copies.
   * @throws GreenError "usage" if something is in it, "not-found" for what is nowhere any more
   */
  writeTo(directory: string): Promise<void>;
}

/**
 * How a result was made in a container, with all that it was made of there.
 * @param name the unit's, for errors
 * @throws GreenError "not-found" if that is not known
 */
export async function unitContainerfile(
  instance: InstanceId,
  name: string,
  store: Pick<UnitStore, "memo" | "digestFile" | "read">,
): Promise<UnitContainerfile> {
  const run = runOf(instance, store);
  if (run === undefined) {
    throw new GreenError("not-found", `${name} was not built in a container on this machine`, {
      hint: "remove it with `cargo green cache rm`, and build it with CARGOGREEN_RUNNER=buildkit or podman",
    });
  }
  const text = await containerfileOf(run.unit);
  return {
    text,
    withheld: run.withheld,
    async writeTo(directory) {
      await mkdir(directory, { recursive: true });
      if ((await readdir(directory)).length > 0) {
        throw new GreenError("usage", `"${directory}" is not empty`, { hint: "name a new directory" });
      }
      const aside = await mkdtemp(join(tmpdir(), "cargo-green-"));
      try {
        const entries = await availableContext(contextOf(run.unit), store, aside);
        await layContext(directory, entries, "copied");
      } finally {
        await rm(aside, { recursive: true, force: true });
      }
      await writeFile(join(directory, FILE_NAME), text);
    },
  };
}
