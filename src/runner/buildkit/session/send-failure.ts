// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../../error.ts";

/** Why something of this machine could not be sent to a builder; a GreenError passes through. */
export function sendFailure(thrown: unknown): GreenError {
  if (thrown instanceof GreenError) return thrown;
  const { code, path, message } = thrown as NodeJS.ErrnoException;
  if (path === undefined) return GreenError.from(thrown);
  const cause = { cause: thrown };
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new GreenError("not-found", `"${path}" was to be sent to the builder and is not there`, cause);
  }
  return new GreenError("environment", `"${path}" was to be sent to the builder: ${message}`, cause);
}
