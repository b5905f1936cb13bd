// SPDX-License-Identifier: MIT OR Apache-2.0
import { findProgram } from "../../../hack/services.d/directory.ts";
import type { ProgramName } from "../../../hack/services.d/programs.ts";

export const HOW_TO_INSTALL = "hack/services install";

/** The executable of a program; throws if it is not installed. */
export function program(name: ProgramName): string {
  const path = findProgram(name, process.env);
  if (path === undefined) throw new Error(`${name} is not installed: ${HOW_TO_INSTALL}`);
  return path;
}
