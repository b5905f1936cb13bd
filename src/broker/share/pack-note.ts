// SPDX-License-Identifier: MIT OR Apache-2.0
import type { PackScope } from "../../remote/format/tag.ts";
import type { UnitStore } from "../../store/store.ts";
import type { PlanKey } from "../../unit/digest.ts";
import type { SharedPackage } from "./public-packages.ts";

/** What the last build of a workspace was made of: what `cache push` makes a pack of. */
export interface PackNote {
  readonly schema: typeof NOTE_SCHEMA;
  readonly scope: PackScope;
  /** What Cargo.lock said then. */
  readonly packages: readonly SharedPackage[];
  /** Of all units that Cargo planned. */
  readonly plans: readonly PlanKey[];
}

const NOTE_SCHEMA = 1;
const NAMESPACE = "pack";

/** Keeps it for the workspace, in place of the note of an earlier build. */
export function keepPackNote(
  store: Pick<UnitStore, "remember">,
  workspace: string,
  note: Omit<PackNote, "schema">,
): void {
  store.remember(NAMESPACE, workspace, JSON.stringify({ schema: NOTE_SCHEMA, ...note }));
}

/** The note of the workspace's last build; undefined if there was none. */
export function readPackNote(store: Pick<UnitStore, "memo">, workspace: string): PackNote | undefined {
  const text = store.memo(NAMESPACE, workspace);
  const note = text === undefined ? undefined : (JSON.parse(text) as PackNote);
  return note?.schema === NOTE_SCHEMA ? note : undefined;
}
