// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Descriptor } from "../../remote/descriptor.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import type { PackScope } from "../../remote/format/tag.ts";
import type { Remote } from "../../remote/remote.ts";
import type { UnitStore } from "../../store/store.ts";
import { digestOf, type InstanceId, type PlanKey } from "../../unit/digest.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import { everybodysUnits } from "./everybodys-units.ts";
import { type FoundPack, nearestPack, readPack } from "./find-pack.ts";
import { type LayerSource, LayersAhead, noteLayers } from "./layers-ahead.ts";
import type { SharedPackage } from "./public-packages.ts";
import type { StageLayer } from "./stage-layer.ts";
import { type TakingStore, takeUnits } from "./take-units.ts";
import { findUnitImages } from "./unit-images.ts";

/** A remote that a build asks, and what may be asked of it and taken from it. */
export interface FetchSource {
  readonly remote: Remote;
  /** Everybody may read it: nothing private is asked for or taken. */
  readonly isPublic: boolean;
  /** Of the pack of this build, of what may be named there. */
  readonly pack: { readonly tag: string; readonly sketch: string };
  readonly unitTags: boolean;
}

/** What a planned build wants; plans of units that are private, or stand on such, are in `plans` alone. */
export interface WantedUnits {
  readonly plans: readonly PlanKey[];
  readonly publicPlans: ReadonlySet<PlanKey>;
  /** `<crate>-<version>…` by plan, for remotes that have units by themselves. */
  readonly tagPrefixes: ReadonlyMap<PlanKey, string>;
}

export type FetchingStore = TakingStore & Pick<UnitStore, "byInstance" | "memo" | "remember">;

export interface FetchOptions {
  readonly scope: PackScope;
  readonly store: FetchingStore;
  readonly now: () => number;
  /** Of Cargo.lock. */
  readonly packages: readonly SharedPackage[];
  readonly lists: Pick<PublicLists, "publicRegistries" | "publicGit">;
  /** Told once of a remote that failed: it is not asked again in this build. */
  readonly onFailure: (source: FetchSource, thrown: unknown) => void;
  /** Told of bytes as they arrive. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Told how many bytes more are to arrive than was said before. */
  readonly onExpected?: ((bytes: number) => void) | undefined;
  /** Starts what unpacks layers, when a remote is asked for them. Default: it is done here. */
  readonly startStaging?: (() => Staging) | undefined;
}

/** Unpacks layers somewhere else. */
export interface Staging {
  readonly stage: StageLayer;
  close(): Promise<void>;
}

/** What came from where. */
export interface Fetched {
  readonly units: ReadonlyMap<InstanceId, string>;
  readonly bytes: number;
}

/** The same question with the same answer is not asked again for so long. */
const NEGATIVE_MS = 10 * 60_000; // 10 minutes
const NAMESPACE = "remote-lacks";
/** Which packs a remote was found to have, or not, and when; and when it was last asked for any. */
const PACKS = "remote-packs";
/** One for a pack's manifest and config, the others for its largest layers. */
const CONNECTIONS = 4;

/** The packs of this very lockfile, by where they were asked for. */
type AskedPacks = readonly (readonly [FetchSource, readonly FoundPack[]])[];

/**
 * Gets for one build what remotes have of it: their pack of this very lockfile while the build is still being planned,
 * then, if that is not all, the nearest pack and single units.
 */
export class BuildFetch {
  readonly #sources: readonly FetchSource[];
  readonly #options: FetchOptions;
  readonly #abort = new AbortController();
  readonly #failed = new Set<FetchSource>();
  readonly #taken = new Map<InstanceId, string>();
  #bytes = 0;
  #exact: Promise<AskedPacks> | undefined;
  #staging: Staging | undefined;

  constructor(sources: readonly FetchSource[], options: FetchOptions) {
    this.#sources = sources;
    this.#options = options;
  }

  /**
   * Begins to ask while the build is being planned, unless it was asked before: then there is probably nothing new, and
   * it is asked only if something turns out to be wanted. Returns whether it is asked.
   */
  begin(): boolean {
    const { store, now } = this.#options;
    const isNews = this.#sources.some((source) => {
      const [at, found] = store.memo(PACKS, packKey(source))?.split(" ") ?? [];
      return found !== "found" && !(now() - Number(at) < NEGATIVE_MS);
    });
    if (isNews) void this.#askForPacks();
    return isNews;
  }

  /** Asks for the packs of this very lockfile, and takes of them what the store has not. Never rejects. */
  #askForPacks(): Promise<AskedPacks> {
    this.#staging ??= this.#options.startStaging?.(); // while remotes are waited for
    this.#exact ??= Promise.all(
      this.#sources.map(async (source) => {
        const { store } = this.#options;
        const { signal } = this.#abort;
        const ahead = new LayersAhead(source.remote);
        const onLayers = (layers: readonly Descriptor[]) => ahead.begin(layers, store, { signal });
        const packs = await this.#ask(source, () =>
          readPack(source.remote, source.pack.tag, { signal, onLayers }),
        );
        if (packs !== undefined) this.#notePack(source, packs.length > 0);
        const all = (packs ?? []).flatMap(({ units }) => units);
        const isNew = (unit: PackedUnit) => store.byInstance(unit.record.instance) === undefined;
        for (const pack of packs ?? []) await this.#take(source, pack, all, isNew, ahead);
        ahead.leave();
        const isWhole = !this.#failed.has(source) && !signal.aborted;
        if (isWhole) for (const { layers } of packs ?? []) noteLayers(layers, store);
        return [source, packs ?? []] as const;
      }),
    );
    return this.#exact;
  }

  /** Nothing is wanted after all. */
  async cancel(): Promise<void> {
    this.#abort.abort(new Error("cancelled"));
    await this.#exact;
    await this.#staging?.close();
  }

  /** Takes what a planned build lacks. Never rejects. */
  async complete(wanted: WantedUnits): Promise<Fetched> {
    const begun = this.#exact !== undefined;
    const lacking = () => {
      const known = this.#options.store.replays(wanted.plans);
      return new Set(wanted.plans.filter((plan) => !known.has(plan)));
    };
    let missing = lacking();
    for (const source of this.#sources) {
      if (missing.size === 0) break;
      const asked = new Set([...missing].filter((plan) => !source.isPublic || wanted.publicPlans.has(plan)));
      if (asked.size === 0 || (!begun && this.#isKnownToLack(source, asked))) continue;
      await this.#completeFrom(source, asked, wanted);
      if (this.#abort.signal.aborted) break; // who was interrupted has not seen what is there
      const left = lacking();
      if (!this.#failed.has(source))
        this.#noteLack(source, new Set([...asked].filter((plan) => left.has(plan))));
      missing = left;
    }
    await this.#exact;
    void this.#staging?.close();
    return { units: this.#taken, bytes: this.#bytes };
  }

  async #completeFrom(
    source: FetchSource,
    asked: ReadonlySet<PlanKey>,
    { tagPrefixes }: WantedUnits,
  ): Promise<void> {
    const { remote, pack } = source;
    const exact = (await this.#askForPacks()).find(([each]) => each === source)?.[1] ?? [];
    const all = exact.flatMap(({ units }) => units);
    const has = (packs: readonly FoundPack[]) =>
      packs.some(({ units }) => units.some(({ replays }) => replays.some(({ plan }) => asked.has(plan))));
    const wants = (unit: PackedUnit) => unit.replays.some(({ plan }) => asked.has(plan));
    for (const part of exact) await this.#take(source, part, all, wants);
    if (!has(exact)) {
      const signal = this.#abort.signal;
      const tag = await this.#ask(source, () =>
        nearestPack(remote, this.#options.scope, pack.sketch, { signal }),
      );
      if (tag !== undefined && tag !== pack.tag) {
        const near = await this.#ask(source, () => readPack(remote, tag, { signal }));
        all.push(...(near ?? []).flatMap(({ units }) => units));
        for (const part of near ?? []) await this.#take(source, part, all, wants);
      }
    }
    if (!source.unitTags) return;
    const known = this.#options.store.replays([...asked]);
    const prefixes = [...asked].flatMap((plan) => {
      const prefix = tagPrefixes.get(plan);
      return known.has(plan) || prefix === undefined ? [] : [{ plan, prefix }];
    });
    const images = await this.#ask(source, () =>
      findUnitImages(remote, prefixes, { signal: this.#abort.signal }),
    );
    all.push(...(images ?? []).flatMap(({ units }) => units));
    for (const image of images ?? []) await this.#take(source, image, all, wants);
  }

  /** @param all what the source is known to have: units may have been made against any of it */
  async #take(
    source: FetchSource,
    pack: FoundPack,
    all: readonly PackedUnit[],
    wants: (unit: PackedUnit) => boolean,
    remote: LayerSource = source.remote,
  ): Promise<void> {
    const { store, onBytes, onExpected, packages, lists } = this.#options;
    const trusted = source.isPublic ? new Set(everybodysUnits(all, packages, lists, store)) : undefined;
    const wanted = pack.units.filter(
      (unit) => wants(unit) && trusted?.has(unit) !== false && !this.#taken.has(unit.record.instance),
    );
    if (wanted.length === 0) return;
    const taken = await this.#ask(source, () =>
      takeUnits({ remote, layers: pack.layers, wanted }, store, {
        signal: this.#abort.signal,
        stage: this.#staging?.stage,
        onExpected,
        onBytes: (bytes) => {
          this.#bytes += bytes;
          onBytes?.(bytes);
        },
      }),
    );
    for (const { record } of taken ?? []) this.#taken.set(record.instance, source.remote.name);
  }

  /** One question; a failure is told once, and nothing more is asked there. */
  async #ask<T>(source: FetchSource, question: () => Promise<T>): Promise<T | undefined> {
    if (this.#failed.has(source)) return undefined;
    try {
      return await question();
    } catch (thrown) {
      if (this.#abort.signal.aborted) return undefined;
      if (!this.#failed.has(source)) this.#options.onFailure(source, thrown);
      this.#failed.add(source);
      return undefined;
    }
  }

  #isKnownToLack(source: FetchSource, plans: ReadonlySet<PlanKey>): boolean {
    const text = this.#options.store.memo(NAMESPACE, lackKey(source, plans));
    return text !== undefined && this.#options.now() - Number(text) < NEGATIVE_MS;
  }

  #noteLack(source: FetchSource, plans: ReadonlySet<PlanKey>): void {
    if (plans.size === 0) return;
    this.#options.store.remember(NAMESPACE, lackKey(source, plans), String(this.#options.now()));
  }

  #notePack(source: FetchSource, found: boolean): void {
    const { store, now } = this.#options;
    store.remember(PACKS, source.remote.url, String(now()));
    store.remember(PACKS, packKey(source), `${now()} ${found ? "found" : "none"}`);
  }
}

/** Connects to a remote that was never asked here, which will be asked for a pack and its layers as soon as it is known which. */
export function connectIfNew(remote: Remote, store: Pick<UnitStore, "memo">): void {
  if (store.memo(PACKS, remote.url) === undefined) remote.connect?.(CONNECTIONS);
}

function packKey({ remote, pack }: FetchSource): string {
  return `${remote.url} ${pack.tag}`;
}

function lackKey({ remote }: FetchSource, plans: ReadonlySet<PlanKey>): string {
  return digestOf([remote.url, ...[...plans].sort()].join("\n"));
}
