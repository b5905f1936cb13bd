// SPDX-License-Identifier: MIT OR Apache-2.0
import { gatherStats } from "../../src/store/stats.ts";
import { remoteJson } from "../../src/ui/json.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { formatRemoteStats } from "../../src/ui/remote-report.ts";
import { formatStats } from "../../src/ui/stats.ts";
import { GreenCommand } from "../base.ts";
import { buildkitFlag } from "../buildkit-place.ts";
import { onlyRemote, remoteArgument } from "../remote-arguments.ts";

export class CacheStats extends GreenCommand {
  static override summary = "Say what the cache, or a remote, holds";
  static override usage = "cache stats [REMOTE] [OPTIONS]";
  static override examples = ["<%= config.bin %> cache stats", "<%= config.bin %> cache stats team"];
  static override args = remoteArgument;
  static override flags = buildkitFlag;

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(CacheStats);
    if (flags.buildkit) {
      const { showBuildKitStats } = await import("./buildkit-listing.ts");
      return showBuildKitStats(this.io(flags), argv);
    }
    const named = onlyRemote(args.remote, await this.settings());
    if (named === undefined) {
      await this.withStore((store) => {
        const stats = gatherStats(store);
        this.print(flags, { json: () => stats, text: (view) => formatStats(stats, view) });
      });
      return;
    }
    const { remoteStats } = await import("../../src/broker/remotes/remote-stats.ts");
    const stream = flags.json ? undefined : process.stderr;
    await this.withRemote(named, async (remote) => {
      const stats = await withProgress({ title: `Looking into ${named.name}`, stream }, () =>
        remoteStats(remote, { onUnreadable: this.warnOfUnreadable }),
      );
      this.print(flags, {
        json: () => ({ remote: remoteJson(named), ...stats }),
        text: (view) => formatRemoteStats(stats, named.name, view),
      });
    });
  }
}
