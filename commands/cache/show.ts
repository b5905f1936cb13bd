// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { GreenError } from "../../src/error.ts";
import { formatCard } from "../../src/ui/card.ts";
import { recordJson } from "../../src/ui/json.ts";
import { buildkitFlag } from "../buildkit-place.ts";
import { localOnly, refuseLocalFlags, splitRemote } from "../remote-arguments.ts";
import {
  filterFlags,
  orderFlags,
  requireNarrowing,
  selectionOf,
  selectorArgument,
} from "../selection-flags.ts";
import { DEFAULT_LIMIT, RemoteShowing } from "./remote-showing.ts";
import { showContainerfile } from "./showing-containerfile.ts";

export class CacheShow extends RemoteShowing {
  static override summary = "Show everything that is known of a unit, here or in a remote";
  static override examples = [
    "<%= config.bin %> cache show ripgrep --kind bin",
    "<%= config.bin %> cache show 3fa81c02",
    "<%= config.bin %> cache show team serde@1.0.228",
    "<%= config.bin %> cache show ring --kind build-script-run --containerfile --output ring",
  ];
  static override usage = "cache show [SELECTOR…] [REMOTE] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = {
    ...buildkitFlag,
    ...filterFlags,
    ...orderFlags,
    containerfile: Flags.boolean({
      summary: "Print how the unit was made in a container, as a Containerfile",
    }),
    output: Flags.string({
      helpValue: "DIR",
      dependsOn: ["containerfile"],
      summary: "Write that and what it is built of into a new directory, for `docker build`",
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CacheShow);
    if (flags.buildkit) {
      const { showBuildKit } = await import("./buildkit-listing.ts");
      return showBuildKit(this.io(flags), argv, flags);
    }
    const now = Date.now();
    const { remote, selectors } = splitRemote(argv, await this.settings());
    const selection = selectionOf(selectors, flags, now);
    requireNarrowing(selection, "show", "name a crate or a key; `cargo green cache ls` lists them");
    if (remote !== undefined) {
      refuseLocalFlags(flags);
      if (flags.containerfile) {
        throw localOnly("containerfile", "only of what was built on this machine it is known how");
      }
      return this.showRemote(remote, selection, selectors, flags, now);
    }
    await this.withStore(async (store) => {
      const { rows, matched } = store.list({ sort: "used", limit: DEFAULT_LIMIT, ...selection });
      const found = rows.flatMap((row) => {
        const record = store.get(row.id);
        return record === undefined
          ? []
          : [{ row, record, made: record.dependencies.map((id) => store.byInstance(id)) }];
      });
      const unmatched = this.warnOfUnmatched(store, selectors, selection);
      if (found.length === 0) {
        throw new GreenError("not-found", "No unit in the cache matches", {
          hint: "`cargo green cache ls` lists what is there",
        });
      }
      if (flags.containerfile) {
        return this.print(flags, await showContainerfile(found, store, flags.output));
      }
      const more = matched.records - rows.length;
      this.print(flags, {
        json: () => ({ units: found.map(({ row, record }) => recordJson(row, record)), matched, unmatched }),
        text: (view) => {
          const cards = found
            .map(({ row, record, made }) => formatCard(row, record, made, now, view))
            .join("\n");
          return more > 0 ? `${cards}\n${more} more match; name a key, or add --limit\n` : cards;
        },
      });
    });
  }
}
