// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RemoteTimes } from "./remote.ts";
import { spreadOf } from "./statistics.ts";

/** The whole of a pull over copying the same blobs, to which a build with nothing to do is added. */
const PULL_OVER_LIMIT = 1.5;
/** The whole of a push over copying the same blobs. */
const PUSH_OVER_LIMIT = 1.3;

const TITLES: readonly (readonly [keyof Omit<RemoteTimes, "latencyMs">, string])[] = [
  ["pull", "fresh machine: cargo green build"],
  ["pullLimit", "  oras cp of the same pack"],
  ["unpacked", "  and its layers, by zstd and tar"],
  ["nothing", "  cargo build, nothing to do"],
  ["push", "cargo green cache push"],
  ["pushAgain", "  with nothing new"],
  ["pushLimit", "  oras cp of the same pack"],
];

/** One table for each latency, and below it what is promised. */
export function formatRemote(times: readonly RemoteTimes[]): string {
  return times.map(formatOne).join("\n");
}

function formatOne(times: RemoteTimes): string {
  const rows = TITLES.map(([name, title]) => {
    const spread = spreadOf(times[name]);
    const range = spread === undefined ? "" : `  (${seconds(spread.min)} – ${seconds(spread.max)})`;
    return `${title.padEnd(36)}${seconds(spread?.median).padStart(7)} s${range}\n`;
  });
  const claims = [
    ...claim("pull", times.pull, PULL_OVER_LIMIT, times.pullLimit, times.nothing),
    ...claim("push", times.push, PUSH_OVER_LIMIT, times.pushLimit, [0]),
  ];
  return `${2 * times.latencyMs} ms added to each round trip\n${rows.join("")}${claims.join("")}`;
}

function claim(
  what: string,
  own: readonly number[],
  times: number,
  limit: readonly number[],
  beyond: readonly number[],
): readonly string[] {
  const [mine, theirs, more] = [own, limit, beyond].map((each) => spreadOf(each)?.median);
  if (mine === undefined || theirs === undefined || more === undefined) return [];
  const allowed = times * theirs + more;
  const verdict = mine <= allowed ? "holds" : "FAILS";
  return [`${verdict}  ${what}: ${seconds(mine)} s, allowed ${seconds(allowed)} s\n`];
}

function seconds(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(2);
}
