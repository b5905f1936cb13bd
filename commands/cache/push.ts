// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { transferJson } from "../../src/ui/json.ts";
import { withTransferProgress } from "../../src/ui/progress.ts";
import { formatDryRun, formatPlan } from "../../src/ui/transfer.ts";
import { GreenCommand } from "../base.ts";
import { remotesFor, splitRemotes } from "../remote-arguments.ts";
import { filterFlags, selectionOf, selectorArgument } from "../selection-flags.ts";

export class CachePush extends GreenCommand {
  static override summary = "Send units to remotes";
  static override description =
    "Without selectors, what the last build in this workspace was made of, as a pack; else the selected units, each as an " +
    "image. Without a remote, to all that the settings let it be pushed to. What a remote has is not sent again, and " +
    'nothing private goes to one that is not `visibility = "private"`: `--dry-run` tells why of each unit.';
  static override examples = [
    "<%= config.bin %> cache push team --dry-run",
    "<%= config.bin %> cache push oci://localhost:5000/rust/cache serde@1",
  ];
  static override usage = "cache push [REMOTE…] [SELECTOR…] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = {
    ...filterFlags,
    "dry-run": Flags.boolean({ char: "n", summary: "Only say what would be sent" }),
    force: Flags.boolean({ char: "f", summary: "Send again what is there: repairs a damaged remote" }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CachePush);
    const config = await this.settings();
    const { remotes, selectors } = splitRemotes(argv.map(String), config);
    const selection = selectionOf(selectors, flags, Date.now());
    const [dryRun, force] = [flags["dry-run"], flags.force];
    await this.withStore(async (store) => {
      const { pushFromHere } = await import("../../src/broker/share/push-from-here.ts");
      for (const named of remotesFor("push", remotes, config)) {
        const isSelected = selectors.length > 0 || Object.keys(selection).length > 1;
        const selected = isSelected ? store.list(selection).rows.map(({ instance }) => instance) : undefined;
        const stream = flags.json ? undefined : process.stderr;
        const push = await withTransferProgress(
          { title: `Pushing to ${named.name}`, stream },
          ({ moved, expected }) =>
            this.untilInterrupted((signal) =>
              pushFromHere(named, {
                ...{ store, config, env: process.env, cwd: process.cwd(), selected },
                options: { dryRun, force, signal, onSent: moved, onExpected: expected },
              }),
            ),
        );
        this.print(flags, {
          json: () => transferJson(named, push),
          text: () => (dryRun ? formatDryRun(named, push.units, "push") : formatPlan(push.units, "push")),
        });
      }
    });
  }
}
