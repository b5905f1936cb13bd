// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";

/** Placeholder: the per-user broker that a bare shim starts. */
export async function runBareBroker(_argv: readonly string[], _env: NodeJS.ProcessEnv): Promise<number> {
  throw new GreenError("internal", "The per-user broker is not written yet");
}
