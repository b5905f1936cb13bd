// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerBase } from "./container-unit.ts";
import { parseContainerfile } from "./parse-containerfile.ts";
import { nameLastStage } from "./parsed-containerfile.ts";

/** A stage that units start from, and what it takes to stand in a Containerfile. */
export interface BaseStage {
  /** Lines that must be the first ones: `# syntax=…`. */
  readonly directives: readonly string[];
  /** What continues a line, a backslash or a backtick. */
  readonly continuation: string;
  /** Whole lines. */
  readonly text: string;
}

/**
 * Writes the stage `name`, which is the base as the superuser sees it, whatever its image's configuration says.
 * @throws GreenError "config" for a Containerfile that starts from nothing
 */
export async function baseStage(base: ContainerBase, name: string): Promise<BaseStage> {
  if (base.kind === "image") {
    const text = `FROM --platform=${base.platform} ${base.reference} AS ${name}\nUSER 0:0\n`;
    return { directives: [], continuation: "\\", text };
  }
  const parsed = await parseContainerfile(base.containerfile, "The base image's Containerfile");
  const start = nameLastStage(parsed, `${name}-image`);
  const text = `${start.text.trimEnd()}\n\nFROM ${start.name} AS ${name}\nUSER 0:0\n`;
  return { directives: parsed.directives, continuation: parsed.continuation, text };
}
