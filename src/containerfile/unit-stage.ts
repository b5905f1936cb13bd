// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { contextPathOf } from "./build-context.ts";
import { type ContainerInput, type ContainerUnit, outputIn } from "./container-unit.ts";
import { execForm } from "./exec-form.ts";
import { type Copy, stepCommand } from "./step-command.ts";

/** How a unit's stage is written. */
export interface StageStyle {
  /** What it starts from: a stage or an image. */
  readonly from: string;
  readonly name: string;
  /** Stages of other units. */
  readonly stageOf: (unit: ContainerUnit) => string;
  /** What continues a line, a backslash or a backtick. */
  readonly continuation: string;
  /**
   * Who reads it. Buildah refuses to be told a step's network before 1.31, so it has to be told that of all steps; and
   * 1.28 removes the whole file system after a step that had a temporary one.
   */
  readonly dialect: "docker" | "buildah";
}

/**
 * Paths that may stand in the options of a step: those that neither Docker nor Buildah takes apart, expands or
 * unquotes, as they do it each in its own way.
 */
const PLAIN = /^[A-Za-z0-9/._+@%=:~-]+$/;
/** Where things are at first that must not be named in an option. */
const ASIDE = "/run/green";
const INDENT = "    ";

/**
 * One stage of a Containerfile, which runs a unit and leaves its output.
 * @throws GreenError "usage" for a unit that cannot be written
 */
export function unitStage(unit: ContainerUnit, style: StageStyle): string {
  const copies: Copy[] = [];
  const mounts = unit.inputs.map((input, at) => {
    const { source, within } = sourceOf(input, style);
    if (within === "" && PLAIN.test(input.target))
      return `--mount=type=bind,${source},target=${input.target}`;
    const aside = `${ASIDE}/${at}`;
    copies.push({ from: `${aside}${within}`, to: input.target });
    return `--mount=type=bind,${source},target=${aside}`;
  });
  const network = unit.network ? [] : ["--network=none"];
  const dockers = style.dialect === "docker" ? [...network, "--mount=type=tmpfs,target=/tmp"] : [];
  const command = execForm(stepCommand(unit, copies), style.continuation, INDENT);
  return [
    `# ${commentText(unit.name)}`,
    `FROM ${style.from} AS ${style.name}`,
    `RUN ${[...dockers, ...mounts, command].join(` ${style.continuation}\n${INDENT}`)}`,
    "",
  ].join("\n");
}

/**
 * The last stage: what a unit's stage leaves, and nothing else.
 * @throws GreenError "usage" for an output at a place that cannot be written
 */
export function outputStage(unit: ContainerUnit, stage: string): string {
  if (PLAIN.test(unit.output)) return `FROM scratch\nCOPY --from=${stage} ${unit.output} /\n`;
  throw new GreenError("usage", `A Containerfile cannot name the directory "${unit.output}" of ${unit.name}`);
}

/** What to mount, and what of it is meant, where that cannot be named. */
function sourceOf(input: ContainerInput, { stageOf }: StageStyle): { source: string; within: string } {
  if (input.kind !== "output") return { source: `source=${contextPathOf(input)}`, within: "" };
  const { files } = outputIn(input.unit.output);
  const from = `from=${stageOf(input.unit)},source=${files}`;
  const within = input.path === "" ? "" : `/${input.path}`;
  return PLAIN.test(`/${input.path}`) ? { source: `${from}${within}`, within: "" } : { source: from, within };
}

/** One line. */
function commentText(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these end lines, or a terminal's patience
  return name.replaceAll(/[\x00-\x1f\x7f]+/g, " ");
}
