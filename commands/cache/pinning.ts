// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../src/error.ts";
import { plural } from "../../src/ui/count.ts";
import { type CommonFlags, GreenCommand } from "../base.ts";
import { requireNarrowing, type SelectionFlags, selectionOf } from "../selection-flags.ts";

/** What `pin` and `unpin` share. */
export abstract class Pinning extends GreenCommand {
  protected async apply(
    verb: "pin" | "unpin",
    argv: readonly unknown[],
    flags: CommonFlags & SelectionFlags,
  ): Promise<void> {
    const selection = selectionOf(argv, flags, Date.now());
    requireNarrowing(selection, verb, "name crates or keys; `cargo green cache ls` lists them");
    await this.withStore((store) => {
      const { rows } = store.list(selection);
      const unmatched = this.warnOfUnmatched(store, argv, selection);
      if (rows.length === 0) {
        throw new GreenError("not-found", "No unit in the cache matches", {
          hint: "`cargo green cache ls` lists what is there",
        });
      }
      const changed = store[verb](rows.map((row) => row.id));
      const done = verb === "pin" ? "Pinned" : "Unpinned";
      const already = rows.length - changed;
      this.print(flags, {
        json: () => ({ matched: rows.length, changed, unmatched }),
        text: () =>
          `${done} ${plural(changed, "unit")}${already > 0 ? ` (${already} already ${verb}ned)` : ""}\n`,
      });
    });
  }
}
