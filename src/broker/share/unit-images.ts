// SPDX-License-Identifier: MIT OR Apache-2.0
import { atOnce } from "../../at-once.ts";
import type { ExpectedFile } from "../../remote/format/layer-check.ts";
import { MAX_CONFIG_BYTES } from "../../remote/format/limits.ts";
import { tarSizeOf } from "../../remote/format/pack.ts";
import { decodePackConfig } from "../../remote/format/pack-config.ts";
import { readLayer } from "../../remote/format/read-layer.ts";
import { RECORD_PATH, readUnitManifest } from "../../remote/format/unit-image.ts";
import type { Remote, RequestOptions, StoredManifest } from "../../remote/remote.ts";
import type { PlanKey } from "../../unit/digest.ts";
import type { FoundPack } from "./find-pack.ts";

const RECORD_ALONE: ReadonlyMap<string, ExpectedFile> = new Map([[RECORD_PATH, { size: undefined }]]);

/** Units that are looked for at once. */
const CONCURRENCY = 8;
/** Results of one unit that are looked at: other features, other flags. */
const MAX_RESULTS = 20;

/** Images of single units that were made for one of these plans, by the tags that such units have. Throws as the remote does. */
export async function findUnitImages(
  remote: Remote,
  wanted: readonly { readonly plan: PlanKey; readonly prefix: string }[],
  options: RequestOptions,
): Promise<readonly FoundPack[]> {
  const plans = new Set(wanted.map(({ plan }) => plan));
  const prefixes = [...new Set(wanted.map(({ prefix }) => prefix))];
  const found: FoundPack[] = [];
  await atOnce(CONCURRENCY, prefixes, async (prefix) => {
    for (const tag of await tagsWithPrefix(remote, prefix, options)) {
      const image = await readUnitImage(remote, tag, options);
      const isWanted = image?.units.some(({ replays }) => replays.some(({ plan }) => plans.has(plan)));
      if (image !== undefined && isWanted === true) found.push(image);
    }
  });
  return found;
}

/** The first tags that begin so. Throws as the remote does. */
export async function tagsWithPrefix(
  remote: Remote,
  prefix: string,
  options: RequestOptions,
): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const tag of remote.tags({ ...options, after: prefix, page: MAX_RESULTS })) {
    if (!tag.startsWith(prefix) || tags.length >= MAX_RESULTS) break;
    tags.push(tag);
  }
  return tags;
}

/** The unit behind a tag, as a pack of one; undefined if there is none. Throws as the remote does, and "corrupt". */
export async function readUnitImage(
  remote: Remote,
  tag: string,
  options: RequestOptions,
): Promise<FoundPack | undefined> {
  const stored = await remote.manifest(tag, options);
  return stored === undefined ? undefined : readStoredUnit(remote, tag, stored, options);
}

/** The same, where the manifest is at hand. */
export async function readStoredUnit(
  remote: Remote,
  tag: string,
  stored: StoredManifest,
  options: RequestOptions,
): Promise<FoundPack> {
  const what = `The unit "${tag}" of "${remote.name}"`;
  const { files, record } = readUnitManifest(stored, what);
  let config: Buffer = Buffer.alloc(0);
  const limits = { what, tarSize: Math.min(tarSizeOf(record), MAX_CONFIG_BYTES) };
  await readLayer(remote.blob(record, options), RECORD_ALONE, limits, async (_, content) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    config = Buffer.concat(chunks);
  });
  const layers = files === undefined ? [] : [files];
  const { digest } = stored.descriptor;
  return { tag, digest, units: decodePackConfig(config, layers.length, what), layers };
}
