// SPDX-License-Identifier: MIT OR Apache-2.0
import { PACK_MODES, type PackScope } from "../../remote/format/tag.ts";
import type { Remote } from "../../remote/remote.ts";
import type { UnitStore } from "../../store/store.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import { everybodysUnits } from "./everybodys-units.ts";
import { findPack } from "./find-pack.ts";
import { packNameOf } from "./pack-scope.ts";
import { isPublicPackage, type SharedPackage } from "./public-packages.ts";
import { isEverybodysScope } from "./public-scope.ts";
import { type TakeOptions, type TakingStore, takeUnits } from "./take-units.ts";

export interface PullFacts {
  /** Toolchain and target; profile and mode are looked for in all forms. */
  readonly scope: Pick<PackScope, "rustc" | "rustcVersion" | "triple">;
  /** Of Cargo.lock. */
  readonly packages: readonly SharedPackage[];
  readonly lists: Pick<PublicLists, "publicRegistries" | "publicGit">;
}

export interface BuildPull {
  /** Tags of the packs that were taken. */
  readonly packs: readonly string[];
  /** Units that are in the store now, and were not before. */
  readonly came: number;
  /** Units that the store had. */
  readonly there: number;
  /** Bytes that were received. */
  readonly bytes: number;
}

const PROFILES = ["debug", "release"];

/**
 * Takes all packs of a lockfile into the store, of both standard profiles and all modes; where a profile and mode have
 * none of this lockfile, but the remote has a near one, that. Throws as the remote and the store do.
 */
export async function pullBuild(
  remote: Remote,
  isPublic: boolean,
  { scope: compiler, packages, lists }: PullFacts,
  store: TakingStore & Pick<UnitStore, "byInstance">,
  options: TakeOptions & { readonly dryRun?: boolean | undefined } = {},
): Promise<BuildPull> {
  const told = isPublic ? packages.filter((each) => isPublicPackage(each, lists)) : packages;
  const scopes = PROFILES.flatMap((profile) => PACK_MODES.map((mode) => ({ ...compiler, profile, mode })));
  const askable = scopes.filter((scope) => !isPublic || isEverybodysScope(scope));
  const found = await Promise.all(
    askable.map((scope) => findPack(remote, scope, packNameOf(scope, told), options)),
  );
  let [came, there, bytes] = [0, 0, 0];
  const packs = found.flat();
  const all = packs.flatMap(({ units }) => units);
  const trusted = isPublic ? new Set(everybodysUnits(all, packages, lists, store)) : undefined;
  for (const { units, layers } of packs) {
    const wanted = units.filter((unit) => trusted?.has(unit) !== false);
    const digests = wanted.flatMap(({ record }) => record.outputs.map(({ digest }) => digest));
    const present = store.present(digests);
    const here = wanted.filter(({ record }) => record.outputs.every(({ digest }) => present.has(digest)));
    there += here.length;
    came += wanted.length - here.length;
    if (options.dryRun === true) continue;
    const onBytes = (count: number) => {
      bytes += count;
      options.onBytes?.(count);
    };
    const { signal, onExpected } = options;
    await takeUnits({ remote, layers, wanted }, store, { signal, onBytes, onExpected });
  }
  return { packs: packs.map(({ tag }) => tag), came, there, bytes };
}
