// SPDX-License-Identifier: MIT OR Apache-2.0
import { UNIT_OUTPUT } from "../../containerfile/llb-of-unit.ts";
import { inOrder } from "../../in-order.ts";
import type { BuilderLinks } from "./builder-links.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { definitionOf } from "./definition.ts";
import type { SolvedRef } from "./gateway-job.ts";
import type { MarshalledVertex } from "./marshal.ts";

/** Units that are solved at once: their results are there, unless the builder dropped them. */
const AT_ONCE = 32;
/** What BuildKit's exporters answer the manifest of a cache by. */
const MANIFEST = "cache.manifest";

/**
 * Has a builder export the results of units to a cache, in place of what was there. All are in one job, as each export
 * is a cache of its own. Returns the cache's manifest as an OCI descriptor in JSON, if it has one. Throws as the job's
 * calls do.
 */
export async function exportCache(
  links: BuilderLinks,
  vertices: readonly MarshalledVertex[],
  entry: CacheEntry,
  signal: AbortSignal,
): Promise<string | undefined> {
  return links.exporting([entry], async ({ job, gone }) => {
    const both = AbortSignal.any([signal, gone]);
    const solve = (vertex: MarshalledVertex) =>
      job.solve(definitionOf(vertex, { output: UNIT_OUTPUT }), both);
    const refs: SolvedRef[] = [];
    for await (const ref of inOrder(AT_ONCE, vertices, solve)) refs.push(ref);
    const response = await job.finish(refs, both);
    return response[MANIFEST];
  });
}
