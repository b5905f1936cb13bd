// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Visibility } from "../../config/config.ts";
import type { Remote } from "../../remote/remote.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import { leakObjection } from "./leak-objection.ts";
import { machineWords } from "./machine-words.ts";
import type { PackNote } from "./pack-note.ts";
import { type BuildPush, type PushBuildOptions, pushBuild, type SharingStore } from "./push-build.ts";
import { newUnits, type Objections } from "./push-plan.ts";
import { pushUnits } from "./push-units.ts";

/** A remote as the settings have it, opened. */
export interface OpenedRemote {
  readonly remote: Remote;
  readonly visibility: Visibility;
  readonly unitTags: boolean;
}

/** Who pushes. */
export interface Pusher {
  readonly store: SharingStore;
  readonly env: NodeJS.ProcessEnv;
  readonly workspace: string;
  readonly lists: PublicLists;
}

/**
 * What is private about units: for a remote that everybody may read, what keeps them here; for others, what keeps them
 * there.
 */
export function objectionsFor(visibility: Visibility, { store, env, workspace, lists }: Pusher): Objections {
  const leaks = leakObjection(store, machineWords(env, workspace), lists);
  return visibility === "public" ? { objection: leaks } : { objection: undefined, confines: leaks };
}

/** Sends what a workspace's last build was made of, as a pack and, if the remote has tags for units, each by itself. */
export async function pushWorkspace(
  note: PackNote,
  { remote, visibility, unitTags }: OpenedRemote,
  pusher: Pusher,
  options: PushBuildOptions = {},
): Promise<BuildPush> {
  const { store, lists } = pusher;
  const target = { remote, ...objectionsFor(visibility, pusher), lists };
  const pushed = await pushBuild(note, store, target, options);
  if (!unitTags) return pushed;
  const news = newUnits(pushed.units);
  const units = pushed.packed.filter(({ record }) => news.has(record.instance));
  const { bytes } = await pushUnits(units, remote, store, options);
  return { ...pushed, bytes: pushed.bytes + bytes };
}
