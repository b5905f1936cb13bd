// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { parseDepInfo } from "../cargo/dep-info.ts";
import type { FilesSent, UnitSolved } from "../runner/container/builder-event.ts";
import type { BuildHistory } from "../store/store.ts";
import type { Inputs } from "../unit/record.ts";
import { chromeTrace, type PlacedUnit, type SentFiles } from "./chrome-trace.ts";
import type { ShimRequest } from "./protocol.ts";
import type { TraceSink, UnitSpan } from "./trace.ts";
import { traceLines } from "./trace-lines.ts";
import { type TracedUnit, tracedName, tracedStreams } from "./traced-unit.ts";
import type { UnitOutcome } from "./unit-services.ts";

/** Version of unit.json. */
const TRACE_SCHEMA = 1;

/** A number of four digits or more, and what the unit is. */
const UNIT_DIRECTORY = /^\d{4,}-/;

/** Keeps what happens to units, and writes it all when the build is over. */
export class TraceDirectory implements TraceSink {
  readonly #units: TracedUnit[] = [];
  readonly #sent: SentFiles[] = [];
  readonly #busy = new Set<number>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.timeOrigin + performance.now()) {
    this.#now = now;
  }

  begin(request: ShimRequest): UnitSpan {
    const seen: TracedUnit = { request, lane: this.#takeLane(), asked: this.#now(), solved: [] };
    this.#units.push(seen);
    return {
      started: (command) => {
        seen.command = command;
        seen.started = this.#now();
      },
      ended: (result) => {
        seen.result = result;
        seen.ended = this.#now();
      },
      answered: (answer) => {
        seen.answer = answer;
        seen.answered = this.#now();
        this.#busy.delete(seen.lane);
      },
      solved: (event) => {
        seen.solved.push(event);
      },
      outcome: (outcome) => {
        seen.outcome = outcome;
      },
    };
  }

  /** A builder was sent something. */
  sent(event: FilesSent): void {
    this.#sent.push({ ...event, at: this.#now() });
  }

  #takeLane(): number {
    let lane = 1;
    while (this.#busy.has(lane)) lane++;
    this.#busy.add(lane);
    return lane;
  }

  /**
   * Writes `trace.json` (Chrome's trace event format, for Perfetto), `output.log`, and a directory for each unit:
   * `unit.json`, `stdout`, `stderr`; those of an earlier trace there are removed. `history` tells what a unit that was
   * built differs in from the nearest that was there; `prefix` stands before each line of what units printed.
   */
  write(directory: string, { history, prefix }: TraceOptions): void {
    removeEarlier(directory);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const placed = this.#units.map((seen, at): PlacedUnit => {
      return { seen, directory: `${String(at + 1).padStart(4, "0")}-${fileName(tracedName(seen))}` };
    });
    for (const { seen, directory: name } of placed) {
      const own = join(directory, name);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      const { stdout, stderr } = tracedStreams(seen);
      writeFileSync(join(own, "stdout"), stdout);
      writeFileSync(join(own, "stderr"), stderr);
      writeFileSync(join(own, "unit.json"), `${JSON.stringify(unitJson(seen, history), undefined, 2)}\n`);
    }
    writeFileSync(join(directory, "output.log"), traceLines(this.#units, prefix));
    writeFileSync(join(directory, "trace.json"), `${JSON.stringify(chromeTrace(placed, this.#sent))}\n`);
  }
}

/** What a trace is written with. */
export interface TraceOptions {
  readonly history: Pick<BuildHistory, "nearest">;
  /** With `{unit}`, `{crate}`, `{version}`, `{outcome}` and `{stream}` for what they say. */
  readonly prefix: string;
}

/** What is told of units would be mixed otherwise, as their numbers begin at 1 in each trace. */
function removeEarlier(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const own = join(directory, name);
    if (UNIT_DIRECTORY.test(name) && existsSync(join(own, "unit.json"))) rmSync(own, { recursive: true });
  }
}

function unitJson(seen: TracedUnit, history: Pick<BuildHistory, "nearest">): object {
  const { request, command, outcome, result, answer } = seen;
  const argv = command?.argv?.map((arg) => Buffer.from(arg, "latin1").toString("utf8"));
  return {
    schema: TRACE_SCHEMA,
    unit: outcome?.identity,
    outcome: outcome?.outcome ?? "untouched",
    key: outcome?.key,
    why: whyOf(outcome, seen.asked, history),
    role: request.role,
    cwd: request.cwd,
    argv: argv ?? request.argv,
    env: Object.fromEntries([...seenEnv(seen)].sort(([a], [b]) => (a < b ? -1 : 1))),
    read: filesRead(request),
    exit: result?.exit ?? (answer?.kind === "finish" ? { how: "exited", code: answer.code } : undefined),
    containers: seen.solved.length === 0 ? undefined : seen.solved.map(containerJson),
    askedMs: seen.asked,
    startedMs: seen.started,
    endedMs: seen.ended,
    answeredMs: seen.answered,
  };
}

/** What a builder did for it; times are by its clock. */
function containerJson({ kind: _, name: __, ...run }: UnitSolved): object {
  return run;
}

/** Why it was not a hit: what was said, and the inputs that differ from the nearest record's. */
function whyOf(
  outcome: UnitOutcome | undefined,
  before: number,
  history: Pick<BuildHistory, "nearest">,
): object | undefined {
  if (outcome === undefined || outcome.outcome === "restored" || outcome.outcome === "replayed")
    return undefined;
  const { identity, inputs, key, reason } = outcome;
  if (inputs === undefined) return { reason };
  const options = { before: Math.floor(before), ...(key !== undefined && { excludeKey: key }) };
  const nearest = history.nearest(identity, inputs, options);
  if (nearest === undefined) return { reason: reason ?? "nothing comparable was in the cache" };
  return { reason, nearest: nearest.key, changes: differences(nearest.inputs, inputs) };
}

function differences(old: Inputs, now: Inputs): object {
  const labels = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return Object.fromEntries(
    labels
      .filter((label) => old[label] !== now[label])
      .map((label) => [label, { old: old[label], new: now[label] }]),
  );
}

/** The variables that the program got; for a unit that did not run, those that it would have got. */
function seenEnv({ request, command }: TracedUnit): ReadonlyMap<string, string> {
  const env = new Map(request.env);
  for (const name of command?.unsetEnv ?? []) env.delete(name);
  for (const [name, value] of command?.setEnv ?? []) env.set(name, value);
  return env;
}

/** Sources and variables that rustc says it read, from the dep-info that lies there now; undefined without one. */
function filesRead({ argv, cwd }: ShimRequest): object | undefined {
  const value = (flag: string) => argv[argv.indexOf(flag) + 1];
  const [name, directory] = [value("--crate-name"), value("--out-dir")];
  if (!(argv.includes("--crate-name") && argv.includes("--out-dir"))) return undefined;
  const extra = argv.find((arg) => /^(-C)?extra-filename=/.test(arg))?.replace(/^.*?=/, "") ?? "";
  const path = join(isAbsolute(directory ?? "") ? "" : cwd, directory ?? "", `${name}${extra}.d`);
  try {
    const { files, env } = parseDepInfo(readFileSync(path, "utf8"));
    return { files, env: env.map((each) => each.name) };
  } catch {
    return undefined;
  }
}

/** A name that any file system takes. */
function fileName(name: string): string {
  return name
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/-$/, "")
    .slice(0, 80);
}
