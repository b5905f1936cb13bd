// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Remote } from "../../remote/remote.ts";
import type { UnitStore } from "../../store/store.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import { readPack } from "./find-pack.ts";
import { noteLayers } from "./layers-ahead.ts";
import type { PackNote } from "./pack-note.ts";
import { packNameOf } from "./pack-scope.ts";
import { shareableUnits, type UnplacedUnit } from "./pack-units.ts";
import { isPublicPackage } from "./public-packages.ts";
import { isEverybodysScope } from "./public-scope.ts";
import type { PushOptions } from "./push-options.ts";
import { pushPack } from "./push-pack.ts";
import {
  newUnits,
  type Objections,
  type PlannedUnit,
  plannedUnits,
  sharedUnits,
  withheldUnits,
} from "./push-plan.ts";
import type { PushingStore } from "./send-layers.ts";

export type SharingStore = PushingStore &
  Pick<UnitStore, "replays" | "byInstance" | "read" | "memo" | "remember">;

export interface PushTarget extends Objections {
  readonly remote: Remote;
  readonly lists: Pick<PublicLists, "publicRegistries" | "publicGit">;
}

/** What a push did, or with `dryRun` would do. */
export interface BuildPush {
  readonly units: readonly PlannedUnit[];
  /** What the pack has now; none if nothing was sent. */
  readonly packed: readonly UnplacedUnit[];
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
  const { signal, force } = options;
  const reading =
    force === true ? [] : readPack(remote, name.tag, { signal, isFresh: true }).catch(damagedIn(remote));
  const units = shareableUnits(note.plans, store);
  const [existing, withheld] = await Promise.all([reading, withheldUnits(units, objection, signal)]);
  const there = new Set(existing.flatMap((pack) => pack.units.map(({ record }) => record.instance)));
  const planned = plannedUnits(units, there, withheld);
  if (options.dryRun === true || newUnits(planned).size === 0) {
    return { units: planned, packed: [], bytes: 0, tag: name.tag };
  }
  const records = planned.flatMap(({ unit, fate }) => (fate.kind === "private" ? [] : [unit.record]));
  const pack = () => sharedUnits(planned, { objection, confines });
  const pushed = await pushPack({ scope, ...name, records, pack, existing }, remote, store, options);
  const { bytes, layers, packed } = pushed;
  noteLayers(layers, store);
  return { units: planned, packed, bytes, tag: name.tag };
}

/** What is there cannot be joined: only who pushes knows whether it is worth keeping. */
function damagedIn({ name }: Remote): (thrown: unknown) => never {
  return (thrown) => {
    const isDamage =
      thrown instanceof GreenError && (thrown.code === "corrupt" || thrown.code === "not-found");
    if (!isDamage) throw thrown;
    const { code, message, side, cause } = thrown;
    const hint = `\`cargo green cache push ${name} --force\` puts a new pack in its place`;
    throw new GreenError(code, message, { side, cause, hint });
  };
}
