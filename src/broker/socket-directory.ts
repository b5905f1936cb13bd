// SPDX-License-Identifier: MIT OR Apache-2.0
import { lstatSync, mkdirSync, type Stats } from "node:fs";
import { isAbsolute, join } from "node:path";
import { GreenError } from "../error.ts";

export interface SocketDirectoryOptions {
  /** `$XDG_RUNTIME_DIR`, if set. Ignored unless it is an absolute path of a directory of this user. */
  readonly runtimeDir: string | undefined;
  readonly uid: number;
  /** Default `/tmp`. */
  readonly temporaryDir?: string;
}

/**
 * The per-user directory of sockets: `$XDG_RUNTIME_DIR/cargo-green`, else `/tmp/cargo-green-<uid>`; made if it is
 * not there. shim/broker.rs follows the same rule. Throws GreenError "environment" if it is not a directory that
 * only this user can enter.
 */
export function socketDirectory(options: SocketDirectoryOptions): string {
  const { runtimeDir, uid, temporaryDir = "/tmp" } = options;
  const usable = runtimeDir !== undefined && isAbsolute(runtimeDir) && ownedDirectory(runtimeDir, uid);
  const path = usable ? join(runtimeDir, "cargo-green") : join(temporaryDir, `cargo-green-${uid}`);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    // EEXIST is the usual case; the check below speaks for the rest.
    if (!exists(thrown)) throw unusable(path, thrown);
  }
  const stat = lstatOf(path);
  if (!(stat?.isDirectory() && stat.uid === uid && (stat.mode & 0o777) === 0o700)) throw unusable(path);
  return path;
}

function ownedDirectory(path: string, uid: number): boolean {
  const stat = lstatOf(path);
  return stat?.isDirectory() === true && stat.uid === uid;
}

function lstatOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function exists(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST";
}

function unusable(path: string, cause?: unknown): GreenError {
  return new GreenError(
    "environment",
    `The socket directory "${path}" is not a directory of this user alone`,
    {
      hint: `Remove it, or set its owner and mode: chmod 700 "${path}"`,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
