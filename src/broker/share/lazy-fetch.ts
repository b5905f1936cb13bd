// SPDX-License-Identifier: MIT OR Apache-2.0
import { isStandardTriple } from "../../cargo/rustc-names.ts";
import { isStandardProfile } from "../../cargo/standard-profile.ts";
import { PRE_KEY } from "../../remote/format/annotations.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import { unitTagPrefix } from "../../remote/format/tag.ts";
import { readUnitManifest } from "../../remote/format/unit-image.ts";
import type { RequestOptions } from "../../remote/remote.ts";
import type { PreKey } from "../../unit/digest.ts";
import { preKeyOf } from "../../unit/key.ts";
import type { UnitPlan } from "../unit-plan.ts";
import { everybodysUnits } from "./everybodys-units.ts";
import type { FetchOptions, FetchSource } from "./fetch-build.ts";
import { type FoundPack, findPack } from "./find-pack.ts";
import { publicClosure, type SharedPackage } from "./public-packages.ts";
import { takeUnits } from "./take-units.ts";
import { readStoredUnit, tagsWithPrefix } from "./unit-images.ts";

/** Asks remotes for single units, when Cargo wants them and the store has none. */
export class LazyFetch {
  readonly #sources: readonly FetchSource[];
  readonly #options: FetchOptions;
  readonly #abort = new AbortController();
  readonly #failed = new Set<FetchSource>();
  readonly #packs = new Map<FetchSource, Promise<readonly FoundPack[]>>();
  readonly #asked = new Map<string, Promise<boolean>>();
  #public: ReadonlySet<SharedPackage> | undefined;

  constructor(sources: readonly FetchSource[], options: FetchOptions) {
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

  /** Nothing is wanted any more. */
  cancel(): void {
    this.#abort.abort(new Error("cancelled"));
  }

  async #ask(plan: UnitPlan, preKey: PreKey): Promise<boolean> {
    const isPublic = this.#isPublic(plan);
    for (const source of this.#sources) {
      if (this.#failed.has(source) || (source.isPublic && !isPublic)) continue;
      try {
        if (await this.#takeFrom(source, plan, preKey)) return true;
      } catch (thrown) {
        if (this.#abort.signal.aborted) return false;
        if (!this.#failed.has(source)) this.#options.onFailure(source, thrown);
        this.#failed.add(source);
      }
    }
    return false;
  }

  async #takeFrom(source: FetchSource, plan: UnitPlan, preKey: PreKey): Promise<boolean> {
    const { signal } = this.#abort;
    const take = async (packs: readonly FoundPack[]) => {
      for (const { layers, units } of packs) {
        const trusted = source.isPublic ? this.#trusted(units) : units;
        const wanted = trusted.filter(({ record }) => record.preKey === preKey);
        if (wanted.length === 0) continue;
        await takeUnits({ remote: source.remote, layers, wanted }, this.#options.store, { signal });
        return true;
      }
      return false;
    };
    return (
      (await take(await this.#packsOf(source))) || take(await imagesOf(source, plan, preKey, { signal }))
    );
  }

  #trusted(units: readonly PackedUnit[]): readonly PackedUnit[] {
    const { packages, lists, store } = this.#options;
    return everybodysUnits(units, packages, lists, store);
  }

  #packsOf(source: FetchSource): Promise<readonly FoundPack[]> {
    const known = this.#packs.get(source);
    if (known !== undefined) return known;
    const { remote, pack } = source;
    const asked = findPack(remote, this.#options.scope, pack, { signal: this.#abort.signal });
    this.#packs.set(source, asked);
    return asked;
  }

  /** Its very name may be nobody else's affair, and so may be those of its profile and target. */
  #isPublic({ package: own, identity }: UnitPlan): boolean {
    const { packages, lists } = this.#options;
    this.#public ??= publicClosure(packages, lists);
    const locked = packages.filter(
      ({ name, version }) => name === identity.package && version === identity.version,
    );
    const [only] = locked;
    return (
      own.immutable &&
      isStandardProfile(identity.profile) &&
      isStandardTriple(identity.triple) &&
      locked.length === 1 &&
      only !== undefined &&
      this.#public.has(only)
    );
  }
}

/** Images of a unit that are known to be made from what it is made from, sources aside. */
async function imagesOf(
  { remote, unitTags }: FetchSource,
  { identity }: UnitPlan,
  preKey: PreKey,
  options: RequestOptions,
): Promise<readonly FoundPack[]> {
  if (!unitTags) return [];
  const found: FoundPack[] = [];
  for (const tag of await tagsWithPrefix(remote, unitTagPrefix(identity), options)) {
    const stored = await remote.manifest(tag, options);
    if (stored === undefined) continue;
    const { annotations } = readUnitManifest(stored, `The unit "${tag}" of "${remote.name}"`);
    if (annotations[PRE_KEY] === preKey) found.push(await readStoredUnit(remote, tag, stored, options));
  }
  return found;
}
