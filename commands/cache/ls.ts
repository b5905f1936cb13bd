// SPDX-License-Identifier: MIT OR Apache-2.0
import { rowJson } from "../../src/ui/json.ts";
import { formatListing } from "../../src/ui/listing.ts";
import { GreenCommand } from "../base.ts";
import { filterFlags, orderFlags, selectionOf, selectorArgument } from "../selection-flags.ts";

export class CacheLs extends GreenCommand {
  static override summary = "List units in the cache";
  static override examples = [
    "<%= config.bin %> cache ls serde@^1.0.200",
    "<%= config.bin %> cache ls --rustc '>=1.90 <1.96' --sort size --limit 20",
  ];
  static override usage = "cache ls [SELECTOR…] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = { ...filterFlags, ...orderFlags };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CacheLs);
    const now = Date.now();
    const selection = selectionOf(argv, flags, now);
    await this.withStore((store) => {
      const { rows, matched } = store.list(selection);
      this.print(flags, {
        json: () => ({ units: rows.map(rowJson), matched }),
        text: (view) => formatListing(rows, matched, now, view),
      });
    });
  }
}
