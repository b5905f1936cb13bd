// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** The system's name of an error (`ENOENT`), if it has one. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

const MISSING: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR"]);
const DENIED: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM", "EROFS"]);
const FULL: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** True if the path, or a directory of it, is not there. */
export function isMissing(thrown: unknown): boolean {
  return MISSING.has(errnoOf(thrown));
}

/** What a file system said about a path of a layout, as the error of a remote. */
export function fromFiles(thrown: unknown, path: string, side: string): GreenError {
  if (thrown instanceof GreenError) return thrown;
  const code = errnoOf(thrown);
  const options = { side, cause: thrown };
  if (DENIED.has(code)) {
    return new GreenError("denied", `"${path}" may not be used`, {
      ...options,
      hint: "change its permissions, or take another directory",
    });
  }
  if (FULL.has(code)) {
    return new GreenError("refused", `There is no space left for "${path}"`, {
      ...options,
      hint: "make room, for example with `cargo green cache prune` of that remote",
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new GreenError(code === undefined ? "internal" : "unreachable", `"${path}": ${message}`, options);
}
