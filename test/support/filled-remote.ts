// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { packNameOf } from "../../src/broker/share/pack-scope.ts";
import { pushPack } from "../../src/broker/share/push-pack.ts";
import type { PackScope } from "../../src/remote/format/tag.ts";
import type { Remote } from "../../src/remote/remote.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import type { UnitRecord } from "../../src/unit/record.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { packed } from "./shared-units.ts";

export const SCOPE: PackScope = {
  rustc: "1.95.0",
  rustcVersion: "rustc 1.95.0 (59807616e 2026-04-14)",
  triple: "x86_64-unknown-linux-gnu",
  profile: "release",
  mode: "build",
};

/** A store that is gone after the test. */
export function temporaryStore(): Store {
  const store = openStore(join(temporaryDirectory(), "store"));
  onTestFinished(() => store.close());
  return store;
}

/** Pushes a pack of these units for a project that has so many packages of its own; returns its tag. */
export async function pushPackOf(
  records: readonly UnitRecord[],
  remote: Remote,
  store: Store,
  project = "app",
  scope: PackScope = SCOPE,
): Promise<string> {
  const locked = (of: string) => ({ name: of, version: "1.0.0", source: undefined, checksum: undefined });
  const packages = Array.from({ length: 30 }, (_, at) => locked(`${project}-${at}`));
  const name = packNameOf(scope, [...packages, ...records.map(({ instance }) => locked(instance))]);
  const pack = async () => packed(records);
  await pushPack({ scope, ...name, records, pack, existing: [] }, remote, store);
  return name.tag;
}
