// SPDX-License-Identifier: MIT OR Apache-2.0
import type { LockedPackage, LockIndex } from "../../cargo/lockfile.ts";
import { PRE_KEY } from "../../remote/format/annotations.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import { unitTagPrefix } from "../../remote/format/tag.ts";
import { readUnitManifest } from "../../remote/format/unit-image.ts";
import type { PreKey } from "../../unit/digest.ts";
import { preKeyOf } from "../../unit/key.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import type { UnitPlan } from "../unit-plan.ts";
import { type FetchOptions, type FetchSource, isForEverybody } from "./fetch-build.ts";
import { type FoundPack, nearestPack, readPack } from "./find-pack.ts";
import { isPublicPackage } from "./public-packages.ts";
import { takeUnits } from "./take-units.ts";
import { MAX_RESULTS, readUnitImage } from "./unit-images.ts";

export interface LazyOptions extends FetchOptions {
  readonly lock: LockIndex;
  readonly lists: Pick<PublicLists, "publicRegistries" | "publicGit">;
}

/** Asks remotes for single units, when Cargo wants them and the store has none. */
export class LazyFetch {
  readonly #sources: readonly FetchSource[];
  readonly #options: LazyOptions;
  readonly #failed = new Set<FetchSource>();
  readonly #packs = new Map<FetchSource, Promise<readonly FoundPack[]>>();
  readonly #asked = new Map<string, Promise<boolean>>();

  constructor(sources: readonly FetchSource[], options: LazyOptions) {
    this.#sources = sources;
    this.#options = options;
  }

  /** Resolves to true if results came that may be the unit's. Nothing is asked twice. Never rejects. */
  fetch(plan: UnitPlan): Promise<boolean> {
    const preKey = preKeyOf(plan.fixed);
    const known = this.#asked.get(preKey);
    if (known !== undefined) return known;
    const asked = this.#ask(plan, preKey);
    this.#asked.set(preKey, asked);
    return asked;
  }

  async #ask(plan: UnitPlan, preKey: PreKey): Promise<boolean> {
    const isPublic = this.#isPublic(plan);
    for (const source of this.#sources) {
      if (this.#failed.has(source) || (source.isPublic && !isPublic)) continue;
      try {
        if (await this.#takeFrom(source, plan, preKey)) return true;
      } catch (thrown) {
        if (!this.#failed.has(source)) this.#options.onFailure(source, thrown);
        this.#failed.add(source);
      }
    }
    return false;
  }

  async #takeFrom(source: FetchSource, plan: UnitPlan, preKey: PreKey): Promise<boolean> {
    const wants = (unit: PackedUnit) =>
      unit.record.preKey === preKey && (!source.isPublic || isForEverybody(unit));
    const take = async (packs: readonly FoundPack[]) => {
      const [found] = packs.filter(({ units }) => units.some(wants));
      if (found === undefined) return false;
      const { layers, units } = found;
      await takeUnits({ remote: source.remote, layers, wanted: units.filter(wants) }, this.#options.store);
      return true;
    };
    return (await take(await this.#packsOf(source))) || take(await imagesOf(source, plan, preKey));
  }

  #packsOf(source: FetchSource): Promise<readonly FoundPack[]> {
    const known = this.#packs.get(source);
    if (known !== undefined) return known;
    const { remote, pack } = source;
    const asked = readPack(remote, pack.tag).then(async (exact) => {
      if (exact.length > 0) return exact;
      const near = await nearestPack(remote, this.#options.scope, pack.sketch);
      return near === undefined ? [] : readPack(remote, near);
    });
    this.#packs.set(source, asked);
    return asked;
  }

  /** Its very name may be nobody else's affair. */
  #isPublic({ package: own, identity }: UnitPlan): boolean {
    const locked: readonly LockedPackage[] = this.#options.lock(identity.package, identity.version);
    return (
      own.immutable &&
      locked.length === 1 &&
      locked.every((each) => isPublicPackage(each, this.#options.lists))
    );
  }
}

/** Images of a unit that are known to be made from what it is made from, sources aside. */
async function imagesOf(
  { remote, unitTags }: FetchSource,
  { identity }: UnitPlan,
  preKey: PreKey,
): Promise<readonly FoundPack[]> {
  if (!unitTags) return [];
  const prefix = unitTagPrefix(identity);
  const found: FoundPack[] = [];
  let seen = 0;
  for await (const tag of remote.tags({ after: prefix, page: MAX_RESULTS })) {
    if (!tag.startsWith(prefix) || seen++ >= MAX_RESULTS) break;
    const stored = await remote.manifest(tag);
    if (stored === undefined) continue;
    const { annotations } = readUnitManifest(stored, `The unit "${tag}" of "${remote.name}"`);
    if (annotations[PRE_KEY] !== preKey) continue;
    const image = await readUnitImage(remote, tag, {});
    if (image !== undefined) found.push(image);
  }
  return found;
}
