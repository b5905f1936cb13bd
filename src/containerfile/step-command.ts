// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerUnit } from "./container-unit.ts";
import { unitCommand } from "./unit-command.ts";

/** A file or directory that is at one place of a container, and shall be at another. */
export interface Copy {
  readonly from: string;
  readonly to: string;
}

/** Makes the directories of a unit's output and of its run, which no mount has made. */
const START = 'mkdir -p "$0" "$1" && cd "$1" && shift && exec "$@"';
/** Before that, as long as arguments begin with `copy FROM TO`. */
const PLACE = `while [ "$1" = copy ]; do
  if [ -d "$2" ]; then mkdir -p "$3" && cp -a "$2/." "$3"; else mkdir -p "\${3%/*}/" && cp -a "$2" "$3"; fi || exit
  shift 3
done
`;

/**
 * The command of a step that runs a unit: `unitCommand` where everything is as that expects it.
 * @param copies what is to be put in its place before
 */
export function stepCommand(unit: ContainerUnit, copies: readonly Copy[]): readonly string[] {
  const script = copies.length === 0 ? START : `${PLACE}${START}`;
  const placed = copies.flatMap(({ from, to }) => ["copy", from, to]);
  return ["/bin/sh", "-c", script, unit.output, ...placed, unit.cwd, ...unitCommand(unit)];
}
