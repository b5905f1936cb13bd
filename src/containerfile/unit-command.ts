// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ContainerUnit, outputIn } from "./container-unit.ts";
import { CONTENTS_FILE } from "./contents-file.ts";
import { unitUrl } from "./unit-url.ts";

const { files, stdout, stderr, status, result, label } = outputIn("$0");

/**
 * Runs its arguments but for the first with their streams and status in files, and succeeds whatever they come to: so a
 * unit's failure is a result as any other. It fails only where it cannot write. The subshell keeps what the shell says of
 * a program that was killed out of the files.
 */
const SCRIPT = scriptWith("$?");

/** The same in a base that says what is in it, which then stands behind the status: it is that base's result. */
const SCRIPT_OF_STAGE = `{ read -r base rest <${CONTENTS_FILE}; } 2>/dev/null; ${scriptWith(`"$?\${base:+ $base}"`)}`;

function scriptWith(told: string): string {
  return [
    `echo "$1" >"${label}" && shift && mkdir "${files}"`,
    `{ (exec "$@" >"${stdout}" 2>"${stderr}"); echo ${told} >"${status}"; }`,
    `{ wc -c <"${stdout}" && cat "${status}" "${stdout}" "${stderr}"; } >"${result}"`,
  ].join(" && ");
}

/** In the place of a URL, for what is no unit of Cargo's. */
const UNNAMED = "-";

/**
 * The command that runs a unit in a container and leaves its output. Its environment is set by `env`: shells hand on
 * variables of their own (PWD, SHLVL), and dash drops those whose names it could not assign to, such as
 * `CARGO_BIN_EXE_my-tool`.
 *
 * Among the arguments stands what the unit is: builders list what they keep by the arguments that made it. Caches that
 * they export have nothing but its files, so it is also in one of these.
 */
export function unitCommand({ identity, base, env, argv, output }: ContainerUnit): readonly string[] {
  const variables = [...env].map(([name, value]) => `${name}=${value}`).sort();
  const script = base.kind === "stage" ? SCRIPT_OF_STAGE : SCRIPT;
  const url = identity === undefined ? UNNAMED : unitUrl(identity);
  return ["/bin/sh", "-c", script, output, url, "env", "-i", ...variables, ...argv];
}

/** What a unit's command left as its status. */
export interface UnitStatus {
  readonly status: number;
  /** Of a base that is a stage: what it contained, as it says itself. */
  readonly contents: string | undefined;
}

/** Reads a unit's status; undefined for what is none. */
export function readStatus(text: string): UnitStatus | undefined {
  const [, status, contents = ""] = /^(\d{1,3})(?: ([0-9a-f-]*))?\n$/.exec(text) ?? [];
  if (status === undefined) return undefined;
  return { status: Number(status), contents: contents === "" ? undefined : contents };
}

/** All that a unit's command left but for its files. */
export interface UnitResult extends UnitStatus {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Reads a unit's result: how long its stdout is, its status, then both streams. Undefined for what is none. */
export function readResult(bytes: Buffer): UnitResult | undefined {
  const [size, statusEnd] = [lineEnd(bytes, 0), lineEnd(bytes, lineEnd(bytes, 0))];
  const [, length] = /^ *(\d+)\n$/.exec(bytes.toString("latin1", 0, size)) ?? [];
  const status = readStatus(bytes.toString("latin1", size, statusEnd));
  const stdoutEnd = statusEnd + Number(length);
  if (status === undefined || !(stdoutEnd <= bytes.length)) return undefined;
  return { ...status, stdout: bytes.subarray(statusEnd, stdoutEnd), stderr: bytes.subarray(stdoutEnd) };
}

/** Behind the line that begins there. */
function lineEnd(bytes: Buffer, at: number): number {
  return bytes.indexOf("\n", at) + 1;
}
