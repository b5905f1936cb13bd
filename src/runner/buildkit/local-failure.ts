// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** What went wrong with a file of this machine; a GreenError passes through, and anything else is a bug. */
export function localFailure(thrown: unknown): GreenError {
  if (thrown instanceof GreenError) return thrown;
  const { code, syscall, path, message } = thrown as NodeJS.ErrnoException;
  if (syscall === undefined) return GreenError.from(thrown);
  const what = path === undefined ? "A file" : `"${path}"`;
  if (code === "ENOENT")
    return new GreenError("not-found", `${what} is not there any more`, { cause: thrown });
  return new GreenError("environment", `${what} cannot be used: ${message}`, { cause: thrown });
}
