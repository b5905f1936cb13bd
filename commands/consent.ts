// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { GreenError } from "../src/error.ts";
import { confirm } from "../src/ui/confirm.ts";

/** Flags of commands that delete or change what is not theirs. */
export const consentFlags = {
  "dry-run": Flags.boolean({ char: "n", summary: "Only say what would be done" }),
  yes: Flags.boolean({ char: "y", summary: "Do not ask" }),
};

/**
 * Asks on the terminal.
 * @throws GreenError "usage" where there is nobody to ask
 */
export async function consent(question: string, interactive: boolean): Promise<boolean> {
  if (!interactive || !process.stdin.isTTY || !process.stderr.isTTY) {
    const why = interactive
      ? "There is no terminal to ask on"
      : "Nobody is to be asked: `interactive` is off";
    throw new GreenError("usage", why, {
      hint: "add --yes to do it without a question, or --dry-run to see what would be done",
    });
  }
  return confirm(question, { input: process.stdin, output: process.stderr });
}
