// SPDX-License-Identifier: MIT OR Apache-2.0
import { CONTAINER_WAYS, type ContainerTime, type ContainerWay } from "./containers.ts";
import { spreadOf } from "./statistics.ts";

/** What a container may add to a unit, seconds. */
const OVERHEAD = 0.12;
/** What a unit may take whose result the builder has, seconds. */
const WARM_UNIT = 0.01;

const TITLES: Readonly<Record<ContainerWay, string>> = {
  host: "cold, on this host",
  buildkit: "cold, by BuildKit",
  "builder-warm": "results only in the builder",
  buildx: "a `docker buildx build` for each unit",
  podman: "cold, by podman",
};

/** A table, with what each unit takes more than on the host in the same round, and below it what is promised. */
export function formatContainers(times: readonly ContainerTime[]): string {
  const secondsOf = (way: ContainerWay) =>
    times.filter((time) => time.way === way).map(({ seconds }) => seconds);
  const host = secondsOf("host");
  const units = times[0]?.units ?? 0;
  // A busy machine changes more from round to round than from one build to the next.
  const added = (way: ContainerWay) =>
    spreadOf(
      secondsOf(way).flatMap((seconds, round) => (host[round] === undefined ? [] : seconds - host[round])),
    )?.median;
  const rows = CONTAINER_WAYS.map((way) => {
    const spread = spreadOf(secondsOf(way));
    if (spread === undefined) return "";
    const whole = way === "builder-warm" ? spread.median : added(way);
    const each = whole === undefined || way === "host" ? "" : `  ${milliseconds(whole / units)} a unit`;
    const range = `(${spread.min.toFixed(2)} – ${spread.max.toFixed(2)})`;
    return `${TITLES[way].padEnd(40)}${spread.median.toFixed(2).padStart(7)} s  ${range}${each}\n`;
  });
  const [cold, warm] = [added("buildkit"), spreadOf(secondsOf("builder-warm"))?.median];
  return [
    ...rows,
    claim("what a container adds to a unit", cold && cold / units, OVERHEAD),
    claim("a unit whose result the builder has", warm && warm / units, WARM_UNIT),
  ].join("");
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`;
}

function claim(what: string, seconds: number | undefined, allowed: number): string {
  if (seconds === undefined) return "";
  const verdict = seconds <= allowed ? "holds" : "FAILS";
  return `${verdict}  ${what}: ${milliseconds(seconds)}, allowed ${milliseconds(allowed)}\n`;
}
