// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Remote } from "../../remote/remote.ts";
import type { UnitStore } from "../../store/store.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import { readPack } from "./find-pack.ts";
import type { PackNote } from "./pack-note.ts";
import { packNameOf } from "./pack-scope.ts";
import { packedUnits, shareableUnits } from "./pack-units.ts";
import { isPublicPackage } from "./public-packages.ts";
import { isEverybodysScope } from "./public-scope.ts";
import { type PushOptions, pushPack } from "./push-pack.ts";
import { confinedUnits, type Objection, type PlannedUnit, planPush } from "./push-plan.ts";

export type SharingStore = Pick<
  UnitStore,
  "replays" | "byInstance" | "content" | "read" | "scratchPath" | "memo" | "remember"
>;

export interface PushTarget {
  readonly remote: Remote;
  /** For a remote that everybody may read: what stays here. Undefined: everything may go. */
  readonly objection: Objection | undefined;
  /** For others: what goes there and no further. */
  readonly confines?: Objection | undefined;
  readonly lists: Pick<PublicLists, "publicRegistries" | "publicGit">;
}

/** What a push did, or with `dryRun` would do. */
export interface BuildPush {
  readonly units: readonly PlannedUnit[];
  /** Bytes that were sent. */
  readonly bytes: number;
  readonly tag: string;
}

export interface PushBuildOptions extends PushOptions {
  readonly dryRun?: boolean | undefined;
}

/**
 * Sends what a build was made of to a remote, as the pack of its lockfile. What the remote has is not sent again.
 * Throws as the remote and the store do, and GreenError "usage" where a public remote must not know of such builds.
 */
export async function pushBuild(
  note: PackNote,
  store: SharingStore,
  { remote, objection, confines, lists }: PushTarget,
  options: PushBuildOptions = {},
): Promise<BuildPush> {
  const isPublic = objection !== undefined;
  const { scope } = note;
  if (isPublic && !isEverybodysScope(scope)) {
    throw new GreenError(
      "usage",
      `Builds with the profile "${scope.profile}" for "${scope.triple}" by rustc ${scope.rustc} are not for everybody`,
      { hint: 'give the remote `visibility = "private"` if not everybody can read it', side: remote.name },
    );
  }
  const told = isPublic ? note.packages.filter((each) => isPublicPackage(each, lists)) : note.packages;
  const name = packNameOf(scope, told);
  const existing = options.force === true ? [] : await readPack(remote, name.tag, options);
  const there = new Set(existing.flatMap(({ units }) => units.map(({ record }) => record.instance)));
  const planned = await planPush(shareableUnits(note.plans, store), there, objection, options.signal);
  const shared = planned.filter(({ fate }) => fate.kind !== "private").map(({ unit }) => unit);
  const isNews = planned.some(({ fate }) => fate.kind === "push");
  if (options.dryRun === true || !isNews) return { units: planned, bytes: 0, tag: name.tag };
  const units = packedUnits(shared, isPublic, await confinedUnits(shared, confines));
  const { bytes } = await pushPack({ scope, ...name, units, existing }, remote, store, options);
  return { units: planned, bytes, tag: name.tag };
}
