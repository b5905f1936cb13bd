// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { GreenError } from "../../src/error.ts";
import { transferJson } from "../../src/ui/json.ts";
import { withTransferProgress } from "../../src/ui/progress.ts";
import { formatDryRun, formatPlan } from "../../src/ui/transfer.ts";
import { GreenCommand } from "../base.ts";
import { refuseLocalFlags, splitRemotes } from "../remote-arguments.ts";
import { filterFlags, selectionOf, selectorArgument } from "../selection-flags.ts";

export class CacheCopy extends GreenCommand {
  static override summary = "Copy units from one remote to another";
  static override description =
    "All images and packs, or the selected units, as images. Blobs are mounted where both are in one registry. " +
    "From a remote that is private nothing is copied to one that everybody can read: pull, then push.";
  static override examples = [
    "<%= config.bin %> cache copy world team",
    "<%= config.bin %> cache copy team oci-layout:backup.tar serde --rustc 1.95",
  ];
  static override usage = "cache copy FROM TO [SELECTOR…] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = {
    ...filterFlags,
    "dry-run": Flags.boolean({ char: "n", summary: "Only say what would be copied" }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CacheCopy);
    const { remotes, selectors } = splitRemotes(argv.map(String), await this.settings());
    const [from, to, other] = remotes;
    if (from === undefined || to === undefined || other !== undefined || from.url === to.url) {
      throw new GreenError("usage", "Two remotes are to be named: from where, and where to", {
        hint: "names of the settings, or addresses like oci://HOST/NAME",
      });
    }
    refuseLocalFlags(flags);
    const selection = selectionOf(selectors, flags, Date.now());
    const dryRun = flags["dry-run"];
    const { copyUnits } = await import("../../src/broker/remotes/copy-units.ts");
    let bytes = 0;
    const stream = flags.json ? undefined : process.stderr;
    const title = `Copying to ${to.name}`;
    const units = await withTransferProgress({ title, stream }, ({ moved }) =>
      this.withRemote(from, (source) =>
        this.withRemote(to, (destination) =>
          this.withStore((store) =>
            copyUnits(
              { remote: source, isPublic: from.visibility === "public" },
              { remote: destination, isPublic: to.visibility === "public" },
              selection,
              store,
              {
                ...{ dryRun, onUnreadable: this.warnOfUnreadable },
                onSent: (more) => {
                  bytes += more;
                  moved(more);
                },
              },
            ),
          ),
        ),
      ),
    );
    this.print(flags, {
      json: () => ({ from: { name: from.name, url: from.url }, ...transferJson(to, { units, bytes }) }),
      text: () => (dryRun ? formatDryRun(to, units, "copy") : formatPlan(units, "copy")),
    });
  }
}
