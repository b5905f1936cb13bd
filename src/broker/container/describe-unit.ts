// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname } from "node:path";
import { type ContainerUnit, OUTPUT } from "../../containerfile/container-unit.ts";
import { GreenError } from "../../error.ts";
import { REAL_SUFFIX } from "../stand-in.ts";
import type { UnitToRun } from "../unit-runner.ts";
import { containerEnvironment } from "./environment.ts";
import type { UnitImage } from "./image.ts";
import type { Places } from "./places.ts";
import { rustcCommand } from "./rustc-command.ts";
import { compilationInputs, scriptInputs, type UnitInputsContext } from "./unit-inputs.ts";

/** How one run of a unit is to be. */
export interface RunChoices {
  readonly places: Places;
  /** Variables that are set and that it is not to see. */
  readonly hidden: readonly string[];
  readonly network: boolean;
  /** Show it the workspace around its package as well. */
  readonly wide: boolean;
}

/** A unit as a builder gets it. */
export interface DescribedUnit {
  readonly unit: ContainerUnit;
  /** What it is compiled against: absolute paths of this machine. */
  readonly externs: readonly string[];
}

/** Describes a run of a unit in a container of this image. */
export async function describeUnit(
  unit: UnitToRun,
  { places, hidden, network, wide }: RunChoices,
  image: UnitImage,
  context: Omit<UnitInputsContext, "places" | "wide">,
): Promise<DescribedUnit> {
  const common = {
    name: unit.name,
    identity: unit.identity,
    base: image.base,
    env: containerEnvironment(unit, hidden, places, image),
    cwd: places.toContainer(unit.cwd),
    network,
  };
  const seen: UnitInputsContext = { ...context, places, wide };
  if (unit.isRustc) {
    refuseNative(unit.argv);
    const { inputs, externs } = await compilationInputs(unit, seen);
    const argv = rustcCommand(unit, places, image);
    return { unit: { ...common, inputs, argv, output: OUTPUT.directory }, externs };
  }
  const [program = "", ...args] = unit.argv;
  const executable = withoutSuffix(places.toContainer(program));
  const inputs = await scriptInputs(unit, executable, seen);
  // Cargo calls it `out` in all layouts, as the files of an output are called.
  const output = dirname(places.toContainer(unit.place));
  return { unit: { ...common, inputs, argv: [executable, ...args], output }, externs: [] };
}

/** Here, that would be the processor of whatever builds. */
function refuseNative(argv: readonly string[]): void {
  if (!argv.some((word) => /^(?:-C|--codegen=)?target-cpu=native$/.test(word))) return;
  throw new GreenError("config", "`-C target-cpu=native` means the processor of the machine that compiles", {
    hint: 'name a processor, such as `-C target-cpu=x86-64-v3`, or set `runner` to "host"',
  });
}

function withoutSuffix(path: string): string {
  return path.endsWith(REAL_SUFFIX) ? path.slice(0, -REAL_SUFFIX.length) : path;
}
