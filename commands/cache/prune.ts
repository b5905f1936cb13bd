// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { parseDuration, parseSize } from "../../src/config/quantity.ts";
import { GreenError } from "../../src/error.ts";
import { plural } from "../../src/ui/count.ts";
import { formatRemoval } from "../../src/ui/removal.ts";
import { formatSize } from "../../src/ui/size.ts";
import { buildkitFlag } from "../buildkit-place.ts";
import { consentFlags } from "../consent.ts";
import { onlyRemote, remoteArgument } from "../remote-arguments.ts";
import { RemotePruning, refuseRemoteFlags, remotePruneFlags } from "./remote-pruning.ts";

export class CachePrune extends RemotePruning {
  static override summary = "Make the cache, or a remote, smaller";
  static override description =
    "Removes what any of the given limits excludes, least recently used first. Pinned units stay. " +
    "Without a limit, the setting keep-size is the limit, if there is one. In a remote goes what any of --older-than, " +
    "--rustc, --keep-last and --stale-schema names, but nothing that this program did not put there. Registries do not " +
    "tell when something was last pulled.";
  static override examples = [
    "<%= config.bin %> cache prune team --older-than 90d --rustc '<1.90' --keep-last 5 --dry-run",
    "<%= config.bin %> cache prune --keep-size 10GB --unused-since 30d --stale-schema",
  ];
  static override usage = "cache prune [REMOTE] [OPTIONS]";
  static override args = remoteArgument;
  static override flags = {
    ...consentFlags,
    ...buildkitFlag,
    "keep-size": Flags.string({ helpValue: "10GB", summary: "Remove units until the rest fits in this" }),
    "unused-since": Flags.string({
      helpValue: "30d",
      summary: "Remove units that were not used for this long",
    }),
    "stale-schema": Flags.boolean({ summary: "Remove units that this version cannot read" }),
    ...remotePruneFlags,
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(CachePrune);
    if (flags.buildkit) {
      const { pruneBuildKit } = await import("./buildkit-removing.ts");
      return pruneBuildKit(this.io(flags), argv, flags);
    }
    const remote = onlyRemote(args.remote, await this.settings());
    if (remote !== undefined) return this.pruneRemotely(remote, flags);
    refuseRemoteFlags(flags);
    const size = flags["keep-size"];
    const age = flags["unused-since"];
    const limited = size !== undefined || age !== undefined || flags["stale-schema"];
    const usual = limited ? undefined : (await this.settings()).keepSize;
    if (!limited && usual === undefined) {
      throw new GreenError("usage", "There is no limit to prune to", {
        hint: "add --keep-size 10GB, --unused-since 30d or --stale-schema, or set keep-size in green.toml",
      });
    }
    const keepSize = size === undefined ? usual : parseSize(size, "--keep-size");
    const limits = {
      ...(keepSize !== undefined && { keepSize }),
      ...(age !== undefined && { unusedSince: Date.now() - parseDuration(age, "--unused-since") }),
      staleSchema: flags["stale-schema"],
    };
    await this.withStore(async (store) => {
      const planned = await store.prune({ ...limits, dryRun: true });
      const question = `Remove ${plural(planned.records, "unit")} (${formatSize(planned.freed)} on disk) from the cache?`;
      const go = planned.records > 0 && !flags["dry-run"] && (await this.consent(question, flags.yes));
      const removal = go ? await store.prune(limits) : planned;
      const swept = go ? await store.gc() : undefined;
      this.print(flags, {
        json: () => ({ removed: go, ...removal, ...(swept !== undefined && { swept }) }),
        text: () => formatRemoval(removal, { done: go }),
      });
    });
  }
}
