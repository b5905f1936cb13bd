// SPDX-License-Identifier: MIT OR Apache-2.0
import type { NamedRemote } from "../../src/config/remotes.ts";
import type { Selection } from "../../src/store/selection.ts";
import { JSON_SCHEMA, remoteJson, remoteRowJson, rowJson } from "../../src/ui/json.ts";
import { formatListing } from "../../src/ui/listing.ts";
import { remoteListing, remoteListingJson } from "../../src/ui/remote-listing.ts";
import { type CommonFlags, GreenCommand } from "../base.ts";
import { buildkitFlag } from "../buildkit-place.ts";
import { refuseLocalFlags, splitRemote } from "../remote-arguments.ts";
import { filterFlags, orderFlags, selectionOf, selectorArgument } from "../selection-flags.ts";

export class CacheLs extends GreenCommand {
  static override summary = "List units in the cache, or in a remote";
  static override description =
    "An argument that is the name of a remote in the settings, or an address, is the remote; a crate of the same name is " +
    "pkg:cargo/NAME. Units of a remote are listed as they come, unless they are to be sorted.";
  static override examples = [
    "<%= config.bin %> cache ls serde@^1.0.200",
    "<%= config.bin %> cache ls --rustc '>=1.90 <1.96' --sort size --limit 20",
    "<%= config.bin %> cache ls team serde --profile release",
    "<%= config.bin %> cache ls --buildkit --sort size",
  ];
  static override usage = "cache ls [SELECTOR…] [REMOTE] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = { ...buildkitFlag, ...filterFlags, ...orderFlags };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CacheLs);
    if (flags.buildkit) {
      const { listBuildKit } = await import("./buildkit-listing.ts");
      return listBuildKit(this.io(flags), argv, flags);
    }
    const now = Date.now();
    const { remote, selectors } = splitRemote(argv, await this.settings());
    const selection = selectionOf(selectors, flags, now);
    if (remote !== undefined) {
      refuseLocalFlags(flags);
      return this.listRemote(remote, selection, flags, now);
    }
    await this.withStore((store) => {
      const { rows, matched } = store.list(selection);
      this.print(flags, {
        json: () => ({ units: rows.map(rowJson), matched }),
        text: (view) => formatListing(rows, matched, now, view),
      });
    });
  }

  private async listRemote(
    named: NamedRemote,
    selection: Selection,
    flags: CommonFlags,
    now: number,
  ): Promise<void> {
    const { listUnits } = await import("../../src/broker/remotes/list-units.ts");
    const { distinctRows } = await import("../../src/broker/remotes/distinct-rows.ts");
    const { limit } = selection;
    await this.withRemote(named, async (remote) => {
      const options = { onUnreadable: this.warnOfUnreadable };
      const rows = distinctRows(listUnits(remote, selection, options), selection.sort);
      const pieces = flags.json
        ? remoteListingJson(rows, { schema: JSON_SCHEMA, remote: remoteJson(named) }, limit, remoteRowJson)
        : remoteListing(rows, { now, limit }, this.view(flags));
      await this.printPieces(pieces);
    });
  }
}
