// SPDX-License-Identifier: MIT OR Apache-2.0
import { projectDirectory } from "../../cargo/project.ts";
import type { Config } from "../../config/config.ts";
import type { NamedRemote } from "../../config/remotes.ts";
import { GreenError } from "../../error.ts";
import { openRemote } from "../../remote/open-remote.ts";
import type { UnitStore } from "../../store/store.ts";
import type { TransferUnit } from "../../ui/transfer.ts";
import type { InstanceId } from "../../unit/digest.ts";
import { readPackNote } from "./pack-note.ts";
import type { PushBuildOptions } from "./push-build.ts";
import type { PlannedUnit } from "./push-plan.ts";
import { pushSelection } from "./push-selection.ts";
import { objectionsFor, pushWorkspace } from "./push-workspace.ts";

export interface PushFacts {
  readonly store: UnitStore & Parameters<typeof pushSelection>[1];
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Results to send by themselves; undefined: what the last build here was made of. */
  readonly selected: readonly InstanceId[] | undefined;
  readonly options: PushBuildOptions;
}

export interface PushFromHere {
  readonly units: readonly TransferUnit[];
  /** Bytes that were sent. */
  readonly bytes: number;
}

/** Sends units to a remote, as `cache push` does. Throws as the remote and the store do. */
export async function pushFromHere(
  named: NamedRemote,
  { store, config, env, cwd, selected, options }: PushFacts,
): Promise<PushFromHere> {
  const workspace = projectDirectory(cwd);
  const note = readPackNote(store, workspace);
  if (selected === undefined && note === undefined) {
    throw new GreenError("not-found", `It is not known what a build in "${workspace}" is made of`, {
      hint: "run `cargo green build` there first, or name units",
    });
  }
  const remote = await openRemote(named.name, named, { env, cwd });
  try {
    const pusher = { store, env, workspace, lists: config };
    const { visibility, unitTags } = named;
    const { units, bytes } =
      selected !== undefined
        ? await pushSelection(selected, store, remote, objectionsFor(visibility, pusher), options)
        : note === undefined
          ? { units: [], bytes: 0 }
          : await pushWorkspace(note, { remote, visibility, unitTags }, pusher, options);
    return { units: units.map(transferUnit), bytes };
  } finally {
    await remote.close();
  }
}

function transferUnit({ unit: { record }, fate }: PlannedUnit): TransferUnit {
  const size = record.outputs.reduce((sum, output) => sum + output.size, 0);
  return { identity: record.identity, size, fate };
}
