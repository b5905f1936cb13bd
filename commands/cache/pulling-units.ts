// SPDX-License-Identifier: MIT OR Apache-2.0
import type { NamedRemote } from "../../src/config/remotes.ts";
import { GreenError } from "../../src/error.ts";
import type { Selection } from "../../src/store/selection.ts";
import { transferJson } from "../../src/ui/json.ts";
import { withTransferProgress } from "../../src/ui/progress.ts";
import { formatDryRun, formatPlan, type TransferVerb } from "../../src/ui/transfer.ts";
import { type CommonFlags, GreenCommand } from "../base.ts";

/** What `pull` with selectors and `import` share. */
export abstract class PullingUnits extends GreenCommand {
  protected async pullSelected(
    named: NamedRemote,
    selection: Selection,
    flags: CommonFlags & { readonly "dry-run": boolean; readonly verb: TransferVerb },
  ): Promise<void> {
    const { pullUnits } = await import("../../src/broker/share/pull-units.ts");
    const { verb, "dry-run": dryRun } = flags;
    const stream = flags.json ? undefined : process.stderr;
    let bytes = 0;
    const units = await withTransferProgress({ title: `Reading ${named.name}`, stream }, ({ moved }) =>
      this.withStore((store) =>
        this.withRemote(named, (remote) =>
          pullUnits(remote, named.visibility === "public", selection, store, {
            ...{ dryRun, onUnreadable: this.warnOfUnreadable },
            onBytes: (more) => {
              bytes += more;
              moved(more);
            },
          }),
        ),
      ),
    );
    if (units.length === 0) {
      throw new GreenError("not-found", `No unit in "${named.name}" matches`, {
        hint: `\`cargo green cache ls ${named.name}\` lists what is there`,
      });
    }
    this.print(flags, {
      json: () => transferJson(named, { units, bytes }),
      text: () => (dryRun ? formatDryRun(named, units, verb) : formatPlan(units, verb)),
    });
  }
}
