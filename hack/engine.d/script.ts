// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const EXECUTABLE = 0o755;

/** Writes a program for `sh` and returns its path. */
export function writeScript(path: string, lines: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: EXECUTABLE });
  return path;
}
