// SPDX-License-Identifier: MIT OR Apache-2.0
import { atOnce } from "../../at-once.ts";
import { GreenError } from "../../error.ts";
import { inOrder } from "../../in-order.ts";
import type { Descriptor } from "../../remote/descriptor.ts";
import { annotatedUnit } from "../../remote/format/annotations.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import { parseAnyPackTag, unitTag } from "../../remote/format/tag.ts";
import type { Remote } from "../../remote/remote.ts";
import { matchesSelection } from "../../store/matches-selection.ts";
import type { Selection } from "../../store/selection.ts";
import type { InstanceId } from "../../unit/digest.ts";
import { isOfCratesIo } from "../share/everybodys-units.ts";
import { type PlacedUnit, pushParts } from "../share/pack-parts.ts";
import type { PushOptions } from "../share/push-options.ts";
import type { MovedUnit, PushFate } from "../share/push-plan.ts";
import { sendImage } from "../share/push-units.ts";
import type { PushingStore } from "../share/send-layers.ts";
import { isUnreadable } from "./list-units.ts";
import { mountSource } from "./mount-source.ts";
import { unitOf } from "./remote-row.ts";
import { repackLayer } from "./repack-layer.ts";
import { tagFilter } from "./tag-filter.ts";
import { readContent, readTagged, type Tagged } from "./tagged.ts";
import { walkTags } from "./walk-tags.ts";
import { readWholePack, type WholePack } from "./whole-pack.ts";

/** Tags that are looked behind at once. */
const CONCURRENCY = 6;
/** Blobs of one manifest that are sent at once. */
const BLOBS = 3;

/** A remote, and whether everybody may read it. */
export interface CopyEnd {
  readonly remote: Remote;
  readonly isPublic: boolean;
}

export interface CopyOptions extends PushOptions {
  readonly dryRun?: boolean | undefined;
  /** Told of what is there and cannot be read; it is passed over. Default: thrown. */
  readonly onUnreadable?: ((tag: string, problem: GreenError) => void) | undefined;
}

/**
 * Copies units from one remote to another: with selectors or filters the selected ones, as images; without everything,
 * images and packs as they are. Blobs are mounted where both are in one registry. What the other has is left alone;
 * packs that both have are joined. Throws as the remotes do, and "usage" if the way leads out of a private remote.
 */
export async function copyUnits(
  from: CopyEnd,
  to: CopyEnd,
  selection: Selection,
  store: Pick<PushingStore, "scratchPath">,
  options: CopyOptions = {},
): Promise<readonly MovedUnit[]> {
  if (to.isPublic && !from.isPublic) {
    throw new GreenError(
      "usage",
      `"${from.remote.name}" is private, and everybody can read "${to.remote.name}"`,
      {
        hint: "pull, then push: what must stay private is sorted out where it was made",
      },
    );
  }
  const copier = new Copier(from, to, selection, store, options);
  const tags = walkTags(from.remote, tagFilter(selection), options);
  for await (const step of inOrder(CONCURRENCY, tags, (tag) => copier.read(tag))) await step?.();
  return copier.copied();
}

class Copier {
  readonly #from: Remote;
  readonly #to: Remote;
  /** Nothing may pass that is not everybody's: it would be believed there, or seen. */
  readonly #onlyPublic: boolean;
  readonly #selection: Selection;
  readonly #isAll: boolean;
  readonly #store: Pick<PushingStore, "scratchPath">;
  readonly #options: CopyOptions;
  readonly #units = new Map<InstanceId, MovedUnit>();

  constructor(
    from: CopyEnd,
    to: CopyEnd,
    selection: Selection,
    store: Pick<PushingStore, "scratchPath">,
    options: CopyOptions,
  ) {
    [this.#from, this.#to, this.#store] = [from.remote, to.remote, store];
    [this.#selection, this.#options] = [selection, options];
    this.#onlyPublic = from.isPublic || to.isPublic;
    const { selectors, ...filters } = selection;
    this.#isAll = selectors.length === 0 && Object.keys(filters).length === 0;
  }

  copied(): readonly MovedUnit[] {
    return [...this.#units.values()];
  }

  /** Looks behind a tag; what is to be done about it comes in the order of tags. */
  async read(tag: string): Promise<(() => Promise<void>) | undefined> {
    try {
      const tagged = await readTagged(this.#from, tag, this.#options);
      if (tagged === undefined) return undefined;
      if (tagged.kind === "image") return await this.#readImage(tagged);
      if (this.#isAll) {
        const isFirst = parseAnyPackTag(tag)?.part === 1;
        const pack = isFirst ? await readWholePack(this.#from, tag, this.#options) : undefined;
        return pack && (() => this.#copyPack(pack));
      }
      const { units, layers } = await readContent(this.#from, tagged, this.#options);
      return () => this.#extract(units, layers);
    } catch (thrown) {
      if (this.#options.onUnreadable === undefined || !isUnreadable(thrown)) throw thrown;
      this.#options.onUnreadable(tag, thrown);
      return undefined;
    }
  }

  async #readImage(tagged: Tagged): Promise<(() => Promise<void>) | undefined> {
    const said = annotatedUnit(tagged.manifest.annotations);
    if (said !== undefined && !matchesSelection(this.#selection, said)) return undefined;
    const { units } = await readContent(this.#from, tagged, this.#options);
    const wanted = this.#wanted(units);
    const [unit] = wanted;
    if (unit === undefined) return undefined;
    const there = await this.#to.manifest(tagged.tag, { signal: this.#options.signal, isFresh: true });
    const isThere = there?.descriptor.digest === tagged.stored.descriptor.digest;
    return () => this.#copyImage(tagged, unit, isThere);
  }

  async #copyImage({ tag, manifest, stored }: Tagged, unit: PackedUnit, isThere: boolean): Promise<void> {
    this.#note(unit, isThere);
    if (isThere || this.#options.dryRun === true) return;
    await this.#sendBlobs([manifest.config, ...manifest.layers]);
    const { mediaType } = stored.descriptor;
    await this.#to.pushManifest({ mediaType, bytes: stored.bytes, tag }, this.#options);
  }

  /** A pack is written anew rather than copied: what the other remote has in it stays, and what may not go does not. */
  async #copyPack({ tag, id, scope, placed }: WholePack): Promise<void> {
    const wanted = new Set(
      this.#wanted(placed.map(({ unit }) => ({ ...unit, layer: undefined }))).map(instanceIn),
    );
    const { signal } = this.#options;
    const old = (await readWholePack(this.#to, tag, { signal, isFresh: true }))?.placed ?? [];
    const there = new Set(old.map(({ unit }) => unit.record.instance));
    const news = placed.filter(
      ({ unit: { record } }) => wanted.has(record.instance) && !there.has(record.instance),
    );
    for (const { unit } of placed) {
      if (wanted.has(unit.record.instance)) this.#note(unit, there.has(unit.record.instance));
    }
    if (news.length === 0 || this.#options.dryRun === true) return;
    const groups = [...Map.groupBy(news, ({ layer }) => layer?.digest).values()];
    const moved: (readonly PlacedUnit[])[] = groups.map(() => []);
    await atOnce(BLOBS, groups.entries(), async ([position, members]) => {
      moved[position] = await this.#moveLayer(members, placed);
    });
    await pushParts({ tag, id, scope, placed: [...old, ...moved.flat()] }, this.#to, this.#options);
  }

  /** Sends the layer that these units of a pack share, without what else is in it; returns where they are now. */
  async #moveLayer(
    members: readonly PlacedUnit[],
    placed: readonly PlacedUnit[],
  ): Promise<readonly PlacedUnit[]> {
    const layer = members[0]?.layer;
    if (layer === undefined) return members;
    const others = placed.filter((each) => each.layer?.digest === layer.digest);
    if (others.length === members.length) {
      await this.#sendBlobs([layer]);
      return members;
    }
    const group = members.map(({ unit }) => unit);
    const [made] = await this.#repack(layer, [group]);
    return group.map((unit) => ({ unit, layer: made }));
  }

  /** Makes images of units of a pack. */
  async #extract(units: readonly PackedUnit[], layers: readonly Descriptor[]): Promise<void> {
    for (const [at, wanted] of Map.groupBy(this.#wanted(units), ({ layer }) => layer)) {
      const news: PackedUnit[] = [];
      for (const unit of wanted) {
        if (this.#units.has(unit.record.instance)) continue;
        const tag = unitTag(unit.record.identity, unit.record.key);
        const there = await readTagged(this.#to, tag, this.#options);
        const said = there === undefined ? undefined : annotatedUnit(there.manifest.annotations);
        const isThere = said?.instance === unit.record.instance;
        this.#note(unit, isThere);
        if (!isThere) news.push(unit);
      }
      if (this.#options.dryRun === true || news.length === 0) continue;
      const layer = at === undefined ? undefined : layers[at];
      const made =
        layer === undefined
          ? []
          : await this.#repack(
              layer,
              news.map((unit) => [unit]),
            );
      for (const [position, unit] of news.entries()) {
        const own = made[position];
        await sendImage(unit, own === undefined ? [] : [own], this.#to, this.#store, this.#options);
      }
    }
  }

  #repack(layer: Descriptor, groups: readonly (readonly Pick<PackedUnit, "record">[])[]) {
    return repackLayer(layer, groups, { from: this.#from, to: this.#to }, this.#store, this.#options);
  }

  /** Those that are selected and may go; of others that are selected it is noted why they may not. */
  #wanted(units: readonly PackedUnit[]): readonly PackedUnit[] {
    return units.filter((unit) => {
      const row = unitOf(unit.record);
      if (!matchesSelection(this.#selection, row)) return false;
      if (!this.#onlyPublic || isOfCratesIo(unit)) return true;
      const fate: PushFate = { kind: "private", reason: "private, in a remote that everybody can read" };
      this.#units.set(unit.record.instance, { identity: row.identity, size: row.size, fate });
      return false;
    });
  }

  #note(unit: Pick<PackedUnit, "record">, isThere: boolean): void {
    const { identity, size, instance } = unitOf(unit.record);
    const known = this.#units.get(instance);
    if (known?.fate.kind === "push") return;
    this.#units.set(instance, { identity, size, fate: { kind: isThere ? "there" : "push" } });
  }

  async #sendBlobs(blobs: readonly Descriptor[]): Promise<void> {
    const mountFrom = mountSource(this.#from, this.#to);
    await atOnce(BLOBS, blobs, async (descriptor) => {
      const { signal, onSent, force } = this.#options;
      const open = (offset = 0) => after(this.#from.blob(descriptor, { signal }), offset);
      await this.#to.pushBlob({ descriptor, open }, { signal, onSent, force, mountFrom });
    });
  }
}

function instanceIn({ record }: Pick<PackedUnit, "record">): InstanceId {
  return record.instance;
}

/** Bytes from an offset on. They are checked as a whole, so they are read as a whole. */
async function* after(bytes: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let skip = offset;
  for await (const chunk of bytes) {
    if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}
