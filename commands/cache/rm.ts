// SPDX-License-Identifier: MIT OR Apache-2.0
import { plural } from "../../src/ui/count.ts";
import { rowJson } from "../../src/ui/json.ts";
import { formatRemoval } from "../../src/ui/removal.ts";
import { formatSize } from "../../src/ui/size.ts";
import { buildkitFlag } from "../buildkit-place.ts";
import { consentFlags } from "../consent.ts";
import { refuseLocalFlags, splitRemote } from "../remote-arguments.ts";
import { filterFlags, requireNarrowing, selectionOf, selectorArgument } from "../selection-flags.ts";
import { RemoteRemoving } from "./remote-removing.ts";

export class CacheRm extends RemoteRemoving {
  static override summary = "Remove units from the cache, or from a remote";
  static override description =
    "Pinned units are removed as well: they were named. In a remote, units that are images lose those, and packs are " +
    "written anew without them; the remote frees their bytes when it collects its garbage.";
  static override examples = [
    "<%= config.bin %> cache rm openssl-sys --rustc '<1.90' team",
    "<%= config.bin %> cache rm --buildkit serde@1 --rustc '<1.90'",
    "<%= config.bin %> cache rm --kind test --unused-since 7d --dry-run",
  ];
  static override usage = "cache rm [SELECTOR…] [REMOTE] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = { ...consentFlags, ...buildkitFlag, ...filterFlags };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CacheRm);
    if (flags.buildkit) {
      const { removeFromBuildKit } = await import("./buildkit-removing.ts");
      return removeFromBuildKit(this.io(flags), argv, flags);
    }
    const { remote, selectors } = splitRemote(argv, await this.settings());
    const selection = selectionOf(selectors, flags, Date.now());
    requireNarrowing(
      selection,
      "remove",
      "name crates or keys; `cargo green cache prune --keep-size 0B` empties the cache",
    );
    if (remote !== undefined) {
      refuseLocalFlags(flags);
      return this.removeRemotely(remote, selection, selectors, flags);
    }
    await this.withStore(async (store) => {
      const { rows } = store.list(selection);
      const unmatched = this.warnOfUnmatched(store, selectors, selection);
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
