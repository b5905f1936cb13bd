// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** True for what is wrong with one cache, rather than with the place that has it. */
export function isUnreadable(thrown: unknown): thrown is GreenError {
  return thrown instanceof GreenError && ["corrupt", "not-found"].includes(thrown.code);
}
