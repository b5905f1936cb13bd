// SPDX-License-Identifier: MIT OR Apache-2.0
import type { NamedRemote } from "../../src/config/remotes.ts";
import { EXIT_STATUS } from "../../src/error.ts";
import type { Selection } from "../../src/store/selection.ts";
import { plural } from "../../src/ui/count.ts";
import { refusalJson, remoteJson, remoteRowJson } from "../../src/ui/json.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { distinctUnits, formatPlannedRemoval, formatRemoteRemoval } from "../../src/ui/remote-report.ts";
import { formatSize } from "../../src/ui/size.ts";
import { formatUnmatched } from "../../src/ui/unmatched.ts";
import { type CommonFlags, GreenCommand } from "../base.ts";

type RmFlags = CommonFlags & { readonly "dry-run": boolean; readonly yes: boolean };

/** What `rm` does with a remote. */
export abstract class RemoteRemoving extends GreenCommand {
  protected async removeRemotely(
    named: NamedRemote,
    selection: Selection,
    selectors: readonly string[],
    flags: RmFlags,
  ): Promise<void> {
    const { listAll } = await import("../../src/broker/remotes/list-units.ts");
    const { unmatchedIn } = await import("../../src/broker/remotes/show-units.ts");
    const { removeUnits } = await import("../../src/broker/remotes/remove-units.ts");
    const stream = flags.json ? undefined : process.stderr;
    await this.withRemote(named, (remote) =>
      this.withStore(async (store) => {
        const onUnreadable = this.warnOfUnreadable;
        const rows = await withProgress({ title: `Looking into ${named.name}`, stream }, () =>
          listAll(remote, selection, { onUnreadable }),
        );
        const unmatched = unmatchedIn(selection, rows).map((at) => selectors[at] ?? "");
        process.stderr.write(formatUnmatched(unmatched, () => undefined, named.name));
        const { units, size } = distinctUnits(rows);
        const question = `Remove ${plural(units, "unit")} (${formatSize(size)}) from ${named.name}?`;
        const go = units > 0 && !flags["dry-run"] && (await this.consent(question, flags.yes));
        const removal = go
          ? await withProgress({ title: `Removing from ${named.name}`, stream }, () =>
              removeUnits(remote, rows, store),
            )
          : undefined;
        const { refusal, removed = 0, ...counts } = removal ?? { refusal: undefined };
        this.print(flags, {
          json: () => ({
            ...{ remote: remoteJson(named), removed: go, records: go ? removed : units, size },
            ...{ ...counts, ...refusalJson(refusal), units: rows.map(remoteRowJson), unmatched },
          }),
          text: () =>
            removal === undefined
              ? formatPlannedRemoval(rows, named.name)
              : formatRemoteRemoval(removal, named.name),
        });
        if (removal !== undefined && removal.left > 0) process.exitCode = EXIT_STATUS.refused;
      }),
    );
  }
}
