// SPDX-License-Identifier: MIT OR Apache-2.0
import type { FinalAnswer } from "./protocol.ts";

/** Where the sandbox is demanded and cannot be: the unit fails, and a line says why and what would allow it. */
export function refusal(reason: string): FinalAnswer & { readonly kind: "finish" } {
  const line = `cargo-green: no unit may run without a sandbox (CARGOGREEN_SANDBOX=enforce), and ${reason}; CARGOGREEN_SANDBOX=prefer allows it\n`;
  return { kind: "finish", code: 1, stdout: Buffer.alloc(0), stderr: Buffer.from(line) };
}
