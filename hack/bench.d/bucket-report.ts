// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BucketTimes } from "./bucket.ts";
import { BUCKET_TOOLS, type BucketToolName } from "./bucket-tools.ts";
import { median, spreadOf } from "./statistics.ts";

/** So many times as fast as others, where the bucket is as far away as another continent. */
const TIMES_AS_FAST: Partial<Readonly<Record<BucketToolName, number>>> = {
  ...{ sccache: 5, kache: 3, "kache-sync": 3 },
};

/** One table for each latency, and below the last what is promised. */
export function formatBucket(times: readonly BucketTimes[]): string {
  const latencies = [...new Set(times.map(({ latencyMs }) => latencyMs))];
  const tables = latencies.map((latencyMs) => {
    const rows = times.filter((each) => each.latencyMs === latencyMs).map(formatRow);
    return `a bucket, ${2 * latencyMs} ms added to each round trip\n${rows.join("")}`;
  });
  const farthest = latencies.at(-1);
  const claims = times
    .filter(({ latencyMs }) => latencyMs === farthest)
    .flatMap((each) => claim(each, times));
  return [...tables, claims.join("")].join("\n");
}

function formatRow({ tool, seconds, compiled }: BucketTimes): string {
  const spread = spreadOf(seconds);
  if (spread === undefined) return "";
  const range = `(${spread.min.toFixed(2)} – ${spread.max.toFixed(2)})`;
  const title = BUCKET_TOOLS[tool].title.padEnd(36);
  return `${title}${spread.median.toFixed(2).padStart(7)} s  ${range}  compiled ${Math.max(...compiled)}\n`;
}

function claim({ tool, latencyMs, seconds }: BucketTimes, times: readonly BucketTimes[]): readonly string[] {
  const wanted = TIMES_AS_FAST[tool];
  const own = times.find((each) => each.tool === "green" && each.latencyMs === latencyMs);
  if (wanted === undefined || own === undefined || seconds.length === 0) return [];
  const ratio = median(seconds) / median(own.seconds);
  const verdict = ratio >= wanted ? "holds" : "FAILS";
  return [`${verdict}  ${ratio.toFixed(1)} × as fast as ${BUCKET_TOOLS[tool].title}; wanted ${wanted} ×\n`];
}
