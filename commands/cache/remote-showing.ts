// SPDX-License-Identifier: MIT OR Apache-2.0
import type { NamedRemote } from "../../src/config/remotes.ts";
import { GreenError } from "../../src/error.ts";
import type { Selection } from "../../src/store/selection.ts";
import { formatRemoteCard } from "../../src/ui/card.ts";
import { remoteJson, remoteRecordJson } from "../../src/ui/json.ts";
import { formatUnmatched } from "../../src/ui/unmatched.ts";
import { type CommonFlags, GreenCommand } from "../base.ts";

/** So many cards fill a few screens; more are asked for with `--limit`. */
export const DEFAULT_LIMIT = 3;

/** What `show` does with a remote. */
export abstract class RemoteShowing extends GreenCommand {
  protected async showRemote(
    named: NamedRemote,
    selection: Selection,
    selectors: readonly string[],
    flags: CommonFlags,
    now: number,
  ): Promise<void> {
    const { showUnits } = await import("../../src/broker/remotes/show-units.ts");
    const { limit = DEFAULT_LIMIT } = selection;
    await this.withRemote(named, async (remote) => {
      const onUnreadable = this.warnOfUnreadable;
      const { shown, units, unmatched } = await showUnits(remote, { ...selection, limit }, { onUnreadable });
      const unknown = unmatched.map((at) => selectors[at] ?? "");
      process.stderr.write(formatUnmatched(unknown, () => undefined, named.name));
      if (shown.length === 0) {
        throw new GreenError("not-found", `No unit in "${named.name}" matches`, {
          hint: `\`cargo green cache ls ${named.name}\` lists what is there`,
        });
      }
      this.print(flags, {
        json: () => ({
          remote: remoteJson(named),
          units: shown.map(({ places, record }) => remoteRecordJson(places, record)),
          ...{ matched: units, unmatched: unknown },
        }),
        text: (view) => {
          const cards = shown
            .map(({ places, record }) => formatRemoteCard(places, record, now, view))
            .join("\n");
          const more = units - shown.length;
          return more > 0 ? `${cards}\n${more} more match; name a key, or add --limit\n` : cards;
        },
      });
    });
  }
}
