// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { GreenError } from "../src/error.ts";
import { confirm } from "../src/ui/confirm.ts";

/** Flags of commands that delete. */
export const consentFlags = {
  "dry-run": Flags.boolean({ char: "n", summary: "Only say what would be removed" }),
  yes: Flags.boolean({ char: "y", summary: "Do not ask" }),
};

/**
 * Asks on the terminal, unless `--yes`.
 * @throws GreenError "usage" where there is nobody to ask
 */
export async function consent(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new GreenError("usage", "There is no terminal to ask on", {
      hint: "add --yes to remove without a question, or --dry-run to see what would go",
    });
  }
  return confirm(question, { input: process.stdin, output: process.stderr });
}
