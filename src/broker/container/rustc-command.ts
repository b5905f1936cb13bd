// SPDX-License-Identifier: MIT OR Apache-2.0
import { basename, dirname, join } from "node:path";
import { OUTPUT } from "../../containerfile/container-unit.ts";
import type { UnitToRun } from "../unit-runner.ts";
import type { UnitImage } from "./image.ts";
import type { Places } from "./places.ts";

const REMAP = "--remap-path-prefix";
const OUT_DIR = "--out-dir";

/**
 * The command line of a compilation in its container: the image's programs, and the arguments as they are but for paths.
 * What `--remap-path-prefix` makes of each place of this machine it makes of the same place there: as far as a result
 * says where its sources were, it says so as on this machine.
 */
export function rustcCommand(
  unit: Pick<UnitToRun, "argv" | "programs">,
  places: Places,
  image: Pick<UnitImage, "rustc">,
): readonly [string, ...string[]] {
  const told: string[] = [];
  const remaps: Remap[] = [];
  const argv = unit.argv.slice(unit.programs);
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? "";
    const [option, inline] = splitOnce(argument);
    if (option === REMAP) remaps.push(remapOf(inline ?? argv[++at] ?? ""));
    else if (option === OUT_DIR) {
      if (inline === undefined) at++;
      told.push(OUT_DIR, OUTPUT.files);
    } else told.push(places.toContainer(argument));
  }
  const remapped = [
    ...places.moved
      .map(({ here, there }) => ({ from: there, to: remap(here, remaps) }))
      .filter(({ from, to }) => from !== to),
    ...remaps.map(({ from, to }) => ({ from: places.toContainer(from), to })),
  ];
  const [program = "rustc", ...others] = unit.argv.slice(0, unit.programs);
  const beside = (name: string) => join(dirname(image.rustc), basename(name));
  const programs: [string, ...string[]] =
    others.length === 0 ? [image.rustc] : [beside(program), image.rustc];
  return [...programs, ...new Set(remapped.map(({ from, to }) => `${REMAP}=${from}=${to}`)), ...told];
}

interface Remap {
  readonly from: string;
  readonly to: string;
}

/** rustc's `parse_remap_path_prefix` splits at the last `=`. */
function remapOf(text: string): Remap {
  const equals = text.lastIndexOf("=");
  return { from: text.slice(0, equals), to: text.slice(equals + 1) };
}

/** What rustc makes of a path: the last of the remappings that begin it counts. */
function remap(path: string, remaps: readonly Remap[]): string {
  const found = remaps.findLast(({ from }) => path === from || path.startsWith(`${from}/`));
  if (found === undefined) return path;
  const rest = path.slice(found.from.length + 1);
  return rest === "" || found.to === "" ? found.to + rest : `${found.to}/${rest}`;
}

function splitOnce(argument: string): readonly [string, string | undefined] {
  const equals = argument.indexOf("=");
  return equals < 0 ? [argument, undefined] : [argument.slice(0, equals), argument.slice(equals + 1)];
}
