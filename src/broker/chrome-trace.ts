// SPDX-License-Identifier: MIT OR Apache-2.0
import type { FilesSent, UnitSolved } from "../runner/container/builder-event.ts";
import { type TracedUnit, tracedName } from "./traced-unit.ts";

/** A unit, and the directory that all of it is in. */
export interface PlacedUnit {
  readonly seen: TracedUnit;
  readonly directory: string;
}

/** What a builder was sent, and when: milliseconds since the epoch. */
export interface SentFiles extends FilesSent {
  readonly at: number;
}

/** Processes of the picture, which have no ids of processes. */
const CARGO = 1;
const BUILDER = 2;

/**
 * Everything over time, for Perfetto: complete and instant events, in microseconds.
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export function chromeTrace(units: readonly PlacedUnit[], sent: readonly SentFiles[]): object {
  const origin = units[0]?.seen.asked ?? 0;
  const hasBuilder = sent.length > 0 || units.some(({ seen }) => seen.solved.length > 0);
  return {
    displayTimeUnit: "ms",
    traceEvents: [
      ...(hasBuilder ? [processName(CARGO, "cargo"), processName(BUILDER, "builder")] : []),
      ...units.flatMap(({ seen, directory }) => unitEvents(seen, directory, origin)),
      ...sent.map((each) => sentEvent(each, origin)),
    ],
  };
}

function unitEvents(seen: TracedUnit, directory: string, origin: number): readonly object[] {
  const { asked, started, ended, answered = ended ?? asked, lane, outcome, solved } = seen;
  const complete = (name: string, cat: string, from: number, to: number, args: object, pid = CARGO) => ({
    ...{ name, cat, ph: "X", ts: micros(from - origin), dur: micros(to - from), pid, tid: lane, args },
  });
  const args = { outcome: outcome?.outcome ?? "untouched", reason: outcome?.reason, directory };
  const name = tracedName(seen);
  return [
    complete(name, args.outcome, asked, answered, args),
    ...(started === undefined ? [] : [complete("run", "run", started, ended ?? answered, {})]),
    ...solved.flatMap((run) => {
      const { cached, vertex, startedMs, completedMs } = run;
      if (startedMs === undefined || completedMs === undefined) return [];
      const category = cached ? "cached" : "run";
      return [complete(name, category, startedMs, completedMs, { vertex, ...costsOf(run) }, BUILDER)];
    }),
  ];
}

function costsOf({ solveMs, readMs, fileBytes, printedBytes }: UnitSolved): object {
  return { solveMs, readMs, fileBytes, printedBytes };
}

function sentEvent({ at, name, entries, files, bytes }: SentFiles, origin: number): object {
  const args = { entries, files, bytes };
  return {
    name: `sent ${name}`,
    cat: "sent",
    ph: "i",
    s: "p",
    ts: micros(at - origin),
    pid: BUILDER,
    tid: 0,
    args,
  };
}

function processName(pid: number, name: string): object {
  return { name: "process_name", ph: "M", pid, args: { name } };
}

function micros(ms: number): number {
  return Math.round(ms * 1000);
}
