// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { inOrder } from "../../in-order.ts";
import { annotatedUnit } from "../../remote/format/annotations.ts";
import type { Remote, RequestOptions } from "../../remote/remote.ts";
import { matchesSelection } from "../../store/matches-selection.ts";
import type { Selection } from "../../store/selection.ts";
import { type RemotePlace, type RemoteRow, unitOf } from "./remote-row.ts";
import { tagFilter } from "./tag-filter.ts";
import { readContent, readTagged, type Tagged } from "./tagged.ts";
import { walkTags } from "./walk-tags.ts";

/** Tags that are looked behind at once. */
const CONCURRENCY = 8;

export interface ListOptions extends RequestOptions {
  /** Told of what is ours and cannot be read; it is passed over. Default: thrown. */
  readonly onUnreadable?: ((tag: string, problem: GreenError) => void) | undefined;
}

/**
 * The units of a remote that a selection means, in the order of tags: once for each place that a unit is in. Nothing is
 * fetched ahead but the next few manifests; of packs their configs too, which have their units' records.
 * Throws as the remote does.
 */
export async function* listUnits(
  remote: Remote,
  selection: Selection,
  options: ListOptions = {},
): AsyncGenerator<RemoteRow, void, undefined> {
  const tags = walkTags(remote, tagFilter(selection), options);
  const read = (tag: string) => rowsBehind(remote, tag, options);
  for await (const rows of inOrder(CONCURRENCY, tags, read)) {
    for (const row of rows) if (matchesSelection(selection, row)) yield row;
  }
}

/** All of them at once, for what must know all before it begins. */
export async function listAll(
  remote: Remote,
  selection: Selection,
  options: ListOptions = {},
): Promise<readonly RemoteRow[]> {
  const rows: RemoteRow[] = [];
  for await (const row of listUnits(remote, selection, options)) rows.push(row);
  return rows;
}

async function rowsBehind(remote: Remote, tag: string, options: ListOptions): Promise<readonly RemoteRow[]> {
  try {
    const tagged = await readTagged(remote, tag, options);
    return tagged === undefined ? [] : await rowsOf(remote, tagged, options);
  } catch (thrown) {
    if (options.onUnreadable === undefined || !isUnreadable(thrown)) throw thrown;
    options.onUnreadable(tag, thrown);
    return [];
  }
}

/** True for what is wrong with one thing that is there, rather than with the remote. */
export function isUnreadable(thrown: unknown): thrown is GreenError {
  return thrown instanceof GreenError && ["corrupt", "not-found"].includes(thrown.code);
}

async function rowsOf(
  remote: Remote,
  tagged: Tagged,
  options: RequestOptions,
): Promise<readonly RemoteRow[]> {
  const place: RemotePlace = {
    ...{ kind: tagged.kind, tag: tagged.tag, digest: tagged.stored.descriptor.digest },
  };
  const said = tagged.kind === "image" ? annotatedUnit(tagged.manifest.annotations) : undefined;
  if (said !== undefined) return [{ ...said, place }];
  const { units } = await readContent(remote, tagged, options);
  return units.map(({ record }) => ({ ...unitOf(record), place }));
}
