// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { remoteNamed } from "../../src/config/remotes.ts";
import { plural } from "../../src/ui/count.ts";
import { withTransferProgress } from "../../src/ui/progress.ts";
import { formatSize } from "../../src/ui/size.ts";
import { GreenCommand } from "../base.ts";
import { remotesFor, splitRemotes } from "../remote-arguments.ts";

export class CachePull extends GreenCommand {
  static override summary = "Bring units from remotes into the cache";
  static override description =
    "What the remotes have for the Cargo.lock of this workspace and the compiler in use, in debug and release, for " +
    "building, checking and testing: their packs, else the nearest ones. Builds do so by themselves for what they lack.";
  static override examples = ["<%= config.bin %> cache pull", "<%= config.bin %> cache pull team --dry-run"];
  static override usage = "cache pull [REMOTE…] [OPTIONS]";
  static override strict = false;
  static override flags = {
    target: Flags.string({
      helpValue: "TRIPLE",
      summary: "Compiled for this target triple, not for this machine's",
    }),
    "dry-run": Flags.boolean({ char: "n", summary: "Only say what would come" }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CachePull);
    const config = await this.settings();
    const { remotes, selectors } = splitRemotes(argv.map(String), config);
    const [wrong] = selectors;
    if (wrong !== undefined)
      remoteNamed(config, wrong, { directory: process.cwd(), home: process.env["HOME"] });
    const dryRun = flags["dry-run"];
    await this.withStore(async (store) => {
      const { pullToHere } = await import("../../src/broker/share/pull-to-here.ts");
      for (const named of remotesFor("pull", remotes, config)) {
        const stream = flags.json ? undefined : process.stderr;
        const pull = await withTransferProgress(
          { title: `Pulling from ${named.name}`, stream },
          ({ moved }) =>
            pullToHere(named, {
              ...{ store, config, env: process.env, cwd: process.cwd(), target: flags.target },
              options: { dryRun, onBytes: moved },
            }),
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
