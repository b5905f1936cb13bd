// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { plural } from "../../src/ui/count.ts";
import { withTransferProgress } from "../../src/ui/progress.ts";
import { formatSize } from "../../src/ui/size.ts";
import { refuseLocalFlags, remotesFor, splitRemotes } from "../remote-arguments.ts";
import { filterFlags, selectionOf, selectorArgument } from "../selection-flags.ts";
import { PullingUnits } from "./pulling-units.ts";

export class CachePull extends PullingUnits {
  static override summary = "Bring units from remotes into the cache";
  static override description =
    "What the remotes have for the Cargo.lock of this workspace and the compiler in use, in debug and release, for " +
    "building, checking and testing: their packs, else the nearest ones. Builds do so by themselves for what they lack. " +
    "With selectors or filters, all selected units of the remotes, whatever they are for.";
  static override examples = [
    "<%= config.bin %> cache pull",
    "<%= config.bin %> cache pull team serde --dry-run",
  ];
  static override usage = "cache pull [REMOTE…] [SELECTOR…] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = {
    ...filterFlags,
    "dry-run": Flags.boolean({ char: "n", summary: "Only say what would come" }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CachePull);
    const config = await this.settings();
    const { remotes, selectors } = splitRemotes(argv.map(String), config);
    const { target, ...filters } = selectionOf(selectors, flags, Date.now());
    if (selectors.length > 0 || Object.keys(filters).length > 1) {
      refuseLocalFlags(flags);
      const selection = target === undefined ? filters : { ...filters, target };
      for (const named of remotesFor("pull", remotes, config)) {
        await this.pullSelected(named, selection, { ...flags, verb: "pull" });
      }
      return;
    }
    const dryRun = flags["dry-run"];
    await this.withStore(async (store) => {
      const { pullToHere } = await import("../../src/broker/share/pull-to-here.ts");
      for (const named of remotesFor("pull", remotes, config)) {
        const stream = flags.json ? undefined : process.stderr;
        const pull = await withTransferProgress(
          { title: `Pulling from ${named.name}`, stream },
          ({ moved, expected }) =>
            this.untilInterrupted((signal) =>
              pullToHere(named, {
                ...{ store, config, env: process.env, cwd: process.cwd(), target: flags.target },
                options: { dryRun, signal, onBytes: moved, onExpected: expected },
              }),
            ),
        );
        this.print(flags, {
          json: () => ({ remote: named.name, ...pull, dryRun }),
          text: () => {
            const { packs, came, there, bytes } = pull;
            const size = dryRun || bytes === 0 ? "" : ` (${formatSize(bytes)})`;
            return packs.length === 0
              ? `${named.name} has nothing for this lockfile and compiler\n`
              : `${plural(came, "unit")} ${dryRun ? "to pull" : "pulled"} from ${named.name}${size}, ${there} here\n`;
          },
        });
      }
    });
  }
}
