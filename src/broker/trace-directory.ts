// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { parseDepInfo } from "../cargo/dep-info.ts";
import type { BuildHistory } from "../store/store.ts";
import type { Inputs } from "../unit/record.ts";
import type { ChildCommand, ChildResult, FinalAnswer, ShimRequest } from "./protocol.ts";
import type { TraceSink, UnitSpan } from "./trace.ts";
import type { UnitOutcome } from "./unit-services.ts";

/** Version of unit.json. */
const TRACE_SCHEMA = 1;

/** A number of four digits or more, and what the unit is. */
const UNIT_DIRECTORY = /^\d{4,}-/;

/** One unit while and after it went by. Times are milliseconds since the epoch, with fractions. */
interface Seen {
  readonly request: ShimRequest;
  /** Row of the picture: units that overlap have different ones. */
  readonly lane: number;
  readonly asked: number;
  command?: ChildCommand;
  started?: number;
  ended?: number;
  result?: ChildResult;
  answer?: FinalAnswer;
  answered?: number;
  outcome?: UnitOutcome;
}

/** Keeps what happens to units, and writes it all when the build is over. */
export class TraceDirectory implements TraceSink {
  readonly #units: Seen[] = [];
  readonly #busy = new Set<number>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.timeOrigin + performance.now()) {
    this.#now = now;
  }

  begin(request: ShimRequest): UnitSpan {
    const seen: Seen = { request, lane: this.#takeLane(), asked: this.#now() };
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
      outcome: (outcome) => {
        seen.outcome = outcome;
      },
    };
  }

  #takeLane(): number {
    let lane = 1;
    while (this.#busy.has(lane)) lane++;
    this.#busy.add(lane);
    return lane;
  }

  /**
   * Writes `trace.json` (Chrome's trace event format, for Perfetto) and a directory for each unit: `unit.json`,
   * `stdout`, `stderr`; those of an earlier trace there are removed. `history` tells what a unit that was built differs in from the nearest that was there.
   */
  write(directory: string, history: Pick<BuildHistory, "nearest">): void {
    removeEarlier(directory);
    const origin = this.#units[0]?.asked ?? 0;
    const events = this.#units.flatMap((seen, at) => {
      const name = `${String(at + 1).padStart(4, "0")}-${fileName(nameOf(seen))}`;
      const own = join(directory, name);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      const { stdout, stderr } = streamsOf(seen);
      writeFileSync(join(own, "stdout"), stdout);
      writeFileSync(join(own, "stderr"), stderr);
      writeFileSync(join(own, "unit.json"), `${JSON.stringify(unitJson(seen, history), undefined, 2)}\n`);
      return traceEvents(seen, name, origin);
    });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const trace = { displayTimeUnit: "ms", traceEvents: events };
    writeFileSync(join(directory, "trace.json"), `${JSON.stringify(trace)}\n`);
  }
}

/** What is told of units would be mixed otherwise, as their numbers begin at 1 in each trace. */
function removeEarlier(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const own = join(directory, name);
    if (UNIT_DIRECTORY.test(name) && existsSync(join(own, "unit.json"))) rmSync(own, { recursive: true });
  }
}

function unitJson(seen: Seen, history: Pick<BuildHistory, "nearest">): object {
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
    askedMs: seen.asked,
    startedMs: seen.started,
    endedMs: seen.ended,
    answeredMs: seen.answered,
  };
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
function seenEnv({ request, command }: Seen): ReadonlyMap<string, string> {
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

function streamsOf({ result, answer }: Seen): { readonly stdout: Uint8Array; readonly stderr: Uint8Array } {
  const none = Buffer.alloc(0);
  if (result !== undefined) return result;
  return answer?.kind === "finish" ? answer : { stdout: none, stderr: none };
}

/** https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU : complete events, microseconds. */
function traceEvents(seen: Seen, directory: string, origin: number): readonly object[] {
  const { asked, started, ended, answered = ended ?? asked, lane, outcome } = seen;
  const event = (name: string, cat: string, from: number, to: number, args: object) => ({
    name,
    cat,
    ph: "X",
    ts: Math.round((from - origin) * 1000),
    dur: Math.round((to - from) * 1000),
    pid: 1,
    tid: lane,
    args,
  });
  const args = { outcome: outcome?.outcome ?? "untouched", reason: outcome?.reason, directory };
  const whole = event(nameOf(seen), args.outcome, asked, answered, args);
  if (started === undefined) return [whole];
  return [whole, event("run", "run", started, ended ?? answered, {})];
}

function nameOf({ request, outcome }: Seen): string {
  if (outcome !== undefined) {
    const { package: name, version, kind, target } = outcome.identity;
    return kind === "lib" || target === name
      ? `${name} ${version} (${kind})`
      : `${name} ${version} (${kind} ${target})`;
  }
  const at = request.argv.indexOf("--crate-name");
  return (
    request.env.get("CARGO_PKG_NAME") ?? (at < 0 ? request.role : (request.argv[at + 1] ?? request.role))
  );
}

/** A name that any file system takes. */
function fileName(name: string): string {
  return name
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/-$/, "")
    .slice(0, 80);
}
