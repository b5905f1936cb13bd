// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import type { PruneLimits } from "../../src/broker/remotes/prune-plan.ts";
import type { NamedRemote } from "../../src/config/remotes.ts";
import { EXIT_STATUS, GreenError } from "../../src/error.ts";
import { plural } from "../../src/ui/count.ts";
import { refusalJson, remoteJson } from "../../src/ui/json.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { formatRemotePrune } from "../../src/ui/remote-report.ts";
import { formatSize } from "../../src/ui/size.ts";
import { type CommonFlags, GreenCommand } from "../base.ts";
import { localOnly } from "../remote-arguments.ts";
import { type LimitFlags, sharedLimits } from "./prune-limits.ts";

const helpGroup = "REMOTE";

/** Limits that are for remotes. */
export const remotePruneFlags = {
  "older-than": Flags.string({ helpGroup, helpValue: "90d", summary: "Remove what was made longer ago" }),
  rustc: Flags.string({
    helpGroup,
    helpValue: "RANGE",
    summary: "Remove what these releases compiled, e.g. '<1.90'",
  }),
  "keep-last": Flags.integer({
    helpGroup,
    min: 1,
    helpValue: "N",
    summary: "Remove all but the newest N of each crate's units, and of each project's packs",
  }),
};

interface PruneFlags extends CommonFlags, LimitFlags {
  readonly "dry-run": boolean;
  readonly yes: boolean;
}

/** Refuses limits that are for remotes where there is none. Throws GreenError "usage". */
export function refuseRemoteFlags(flags: PruneFlags): void {
  const given = (["older-than", "rustc", "keep-last"] as const).find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  throw new GreenError("usage", `--${given} is for remotes, and none is named`, {
    hint: "name one; here, `cargo green cache rm` removes by --rustc, and --unused-since by age",
  });
}

/** What `prune` does with a remote. */
export abstract class RemotePruning extends GreenCommand {
  protected async pruneRemotely(named: NamedRemote, flags: PruneFlags): Promise<void> {
    const limits = limitsOf(flags, Date.now());
    const { findPrunable, prune } = await import("../../src/broker/remotes/prune-remote.ts");
    const stream = flags.json ? undefined : process.stderr;
    await this.withRemote(named, async (remote) => {
      const found = await withProgress({ title: `Looking into ${named.name}`, stream }, () =>
        findPrunable(remote, limits),
      );
      const planned = await prune(remote, found, { dryRun: true });
      const { packs, images, bytes } = planned;
      const question = `Remove ${plural(packs, "pack")} and ${plural(images, "image")} (${formatSize(bytes)}) from ${named.name}?`;
      const go = packs + images > 0 && !flags["dry-run"] && (await this.consent(question, flags.yes));
      const pruned = go
        ? await withProgress({ title: `Removing from ${named.name}`, stream }, () => prune(remote, found))
        : planned;
      const { refusal, ...counts } = pruned;
      this.print(flags, {
        json: () => ({
          ...{ remote: remoteJson(named), removed: go, ...counts, ...refusalJson(refusal) },
          excluded: found.excluded.map(({ kind, name, created }) => ({
            ...{ kind, tag: name, created: new Date(created).toISOString() },
          })),
        }),
        text: () =>
          formatRemotePrune(pruned, named.name, {
            done: go,
            listed: flags["dry-run"] ? found.excluded : [],
          }),
      });
      if (pruned.left > 0) process.exitCode = EXIT_STATUS.refused;
    });
  }
}

function limitsOf(flags: LimitFlags, now: number): PruneLimits {
  const toAge = "remotes do not tell when something was last pulled: use --older-than";
  if (flags["unused-since"] !== undefined) throw localOnly("unused-since", toAge);
  if (flags["keep-size"] !== undefined) {
    throw localOnly("keep-size", "use --older-than, --rustc or --keep-last");
  }
  const { rustc, "older-than": age, "keep-last": keepLast, "stale-schema": staleSchema } = flags;
  if (rustc === undefined && age === undefined && keepLast === undefined && !staleSchema) {
    throw new GreenError("usage", "There is no limit to prune to", {
      hint: "add --older-than 90d, --rustc '<1.90', --keep-last 5 or --stale-schema",
    });
  }
  return {
    ...sharedLimits(flags, now),
    staleSchema,
  };
}
