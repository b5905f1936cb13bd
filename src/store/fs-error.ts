// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";

/** The system's error name (`ENOENT`), if the thrown thing has one. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** True for "no such file": the path, or a directory of it, is not there. */
export function isMissing(thrown: unknown): boolean {
  const code = errnoOf(thrown);
  return code === "ENOENT" || code === "ENOTDIR";
}

const SPACE: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const REFUSED: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM", "EROFS"]);

/** A file system's failure as a GreenError: `what` says what was tried, e.g. `Cannot copy "a" into the store`. */
export function fromFileSystem(thrown: unknown, what: string): GreenError {
  if (thrown instanceof GreenError) return thrown;
  const code = errnoOf(thrown);
  if (isMissing(thrown)) return new GreenError("not-found", `${what}: it is not there`, { cause: thrown });
  if (SPACE.has(code)) {
    return new GreenError("environment", `${what}: no space is left`, {
      hint: "Make room, for example with `cargo green cache prune --keep-size 5GB`",
      cause: thrown,
    });
  }
  if (REFUSED.has(code))
    return new GreenError("environment", `${what}: permission denied`, { cause: thrown });
  return new GreenError(
    code === undefined ? "internal" : "environment",
    `${what}: ${GreenError.from(thrown).message}`,
    { cause: thrown },
  );
}
