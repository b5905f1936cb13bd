// SPDX-License-Identifier: MIT OR Apache-2.0
import { plural } from "../../src/ui/count.ts";
import { rowJson } from "../../src/ui/json.ts";
import { formatRemoval } from "../../src/ui/removal.ts";
import { formatSize } from "../../src/ui/size.ts";
import { GreenCommand } from "../base.ts";
import { consentFlags } from "../consent.ts";
import { filterFlags, requireNarrowing, selectionOf, selectorArgument } from "../selection-flags.ts";

export class CacheRm extends GreenCommand {
  static override summary = "Remove units from the cache";
  static override description = "Pinned units are removed as well: they were named.";
  static override examples = [
    "<%= config.bin %> cache rm openssl-sys --rustc '<1.90'",
    "<%= config.bin %> cache rm --kind test --unused-since 7d --dry-run",
  ];
  static override usage = "cache rm [SELECTOR…] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = { ...consentFlags, ...filterFlags };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CacheRm);
    const selection = selectionOf(argv, flags, Date.now());
    requireNarrowing(
      selection,
      "remove",
      "name crates or keys; `cargo green cache prune --keep-size 0B` empties the cache",
    );
    await this.withStore(async (store) => {
      const { rows } = store.list(selection);
      const unmatched = this.warnOfUnmatched(store, argv, selection);
      const ids = rows.map((row) => row.id);
      const planned = await store.remove(ids, { dryRun: true });
      const question = `Remove ${plural(planned.records, "unit")} (${formatSize(planned.size)}) from the cache?`;
      const go = rows.length > 0 && !flags["dry-run"] && (await this.consent(question, flags.yes));
      const removal = go ? await store.remove(ids) : planned;
      this.print(flags, {
        json: () => ({ removed: go, ...removal, units: rows.map(rowJson), unmatched }),
        text: () => formatRemoval(removal, { done: go, units: flags["dry-run"] ? rows : [] }),
      });
    });
  }
}
