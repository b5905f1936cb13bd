// SPDX-License-Identifier: MIT OR Apache-2.0
import { transferJson } from "../../src/ui/json.ts";
import { withTransferProgress } from "../../src/ui/progress.ts";
import { formatDryRun, formatPlan } from "../../src/ui/transfer.ts";
import { GreenCommand } from "../base.ts";
import { filterFlags, selectionOf, selectorArgument } from "../selection-flags.ts";
import { layoutFlags, layoutNamed } from "./layouts.ts";

export class CacheExport extends GreenCommand {
  static override summary = "Write units to a directory or tar file";
  static override description =
    "An OCI layout, which `import`, and other programs, read. Without selectors and filters, what the last build in " +
    "this workspace was made of; else the selected units. Nothing private goes there without --include-private.";
  static override examples = [
    "<%= config.bin %> cache export deps.tar",
    "<%= config.bin %> cache export deps serde --profile release --include-private",
  ];
  static override usage = "cache export DIRECTORY|FILE.tar [SELECTOR…] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = { ...filterFlags, ...layoutFlags };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CacheExport);
    const [place, ...selectors] = argv;
    const config = await this.settings();
    const named = layoutNamed(place, config, { isPrivate: flags["include-private"] });
    const selection = selectionOf(selectors, flags, Date.now());
    const isSelected = Object.keys(selection).length > 1 || selectors.length > 0;
    const dryRun = flags["dry-run"];
    await this.withStore(async (store) => {
      const { pushFromHere } = await import("../../src/broker/share/push-from-here.ts");
      const selected = isSelected ? store.list(selection).rows.map(({ instance }) => instance) : undefined;
      if (isSelected) this.warnOfUnmatched(store, selectors, selection);
      const stream = flags.json ? undefined : process.stderr;
      const push = await withTransferProgress(
        { title: `Writing ${named.name}`, stream },
        ({ moved, expected }) =>
          pushFromHere(named, {
            ...{ store, config, env: process.env, cwd: process.cwd(), selected },
            options: { dryRun, onSent: moved, onExpected: expected },
          }),
      );
      this.print(flags, {
        json: () => transferJson(named, push),
        text: () => (dryRun ? formatDryRun(named, push.units, "export") : formatPlan(push.units, "export")),
      });
    });
  }
}
