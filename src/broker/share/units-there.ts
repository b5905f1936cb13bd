// SPDX-License-Identifier: MIT OR Apache-2.0
import { atOnce } from "../../at-once.ts";
import { INSTANCE } from "../../remote/format/annotations.ts";
import { decodeManifest } from "../../remote/format/manifest.ts";
import { unitTag } from "../../remote/format/tag.ts";
import type { Remote, RequestOptions } from "../../remote/remote.ts";
import type { UnitStore } from "../../store/store.ts";
import { digestOf, type InstanceId } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";

/** So few are asked for by their tags, without a list of all of them. */
const FEW = 8;
const CONCURRENCY = 8;
/** Which result a tag of a remote led to when it was last seen. */
const NAMESPACE = "unit-tags";

/**
 * Those of some results that a remote has as images. A tag that is there and was seen before with a result is not
 * looked into again, so that asking for many costs a request for a thousand tags. Throws as the remote does.
 */
export async function unitImagesThere(
  records: readonly UnitRecord[],
  remote: Remote,
  store: Pick<UnitStore, "memo" | "remember">,
  options: RequestOptions = {},
): Promise<ReadonlySet<InstanceId>> {
  const there = new Set<InstanceId>();
  const unknown: UnitRecord[] = [];
  const tags = records.length > FEW ? await allTags(remote, records, options) : undefined;
  for (const record of records) {
    const tag = unitTag(record.identity, record.key);
    if (tags !== undefined && !tags.has(tag)) continue;
    if (tags !== undefined && store.memo(NAMESPACE, memoKey(remote, tag)) === record.instance)
      there.add(record.instance);
    else unknown.push(record);
  }
  await atOnce(CONCURRENCY, unknown, async (record) => {
    const tag = unitTag(record.identity, record.key);
    const stored = await remote.manifest(tag, options);
    if (stored === undefined) return;
    const { annotations } = decodeManifest(stored.bytes, `The unit "${tag}" of "${remote.name}"`);
    if (annotations[INSTANCE] !== record.instance) return;
    there.add(record.instance);
    noteUnitImages(remote, [record], store);
  });
  return there;
}

/** Remembers that the tags of these results lead to them. */
export function noteUnitImages(
  remote: Remote,
  records: readonly UnitRecord[],
  store: Pick<UnitStore, "remember">,
): void {
  for (const { identity, key, instance } of records) {
    store.remember(NAMESPACE, memoKey(remote, unitTag(identity, key)), instance);
  }
}

/** Those of the tags of these units that are there. */
async function allTags(
  remote: Remote,
  records: readonly UnitRecord[],
  options: RequestOptions,
): Promise<ReadonlySet<string>> {
  const wanted = new Set(records.map(({ identity, key }) => unitTag(identity, key)));
  const found = new Set<string>();
  for await (const tag of remote.tags(options)) {
    if (wanted.has(tag)) found.add(tag);
  }
  return found;
}

function memoKey({ url }: Remote, tag: string): string {
  return digestOf(`${url}\n${tag}`);
}
