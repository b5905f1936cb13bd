// SPDX-License-Identifier: MIT OR Apache-2.0
import { hostname, release } from "node:os";
import type { LockedPackage } from "../cargo/lockfile.ts";
import type { RustcIdentity } from "../cargo/toolchain.ts";
import type { Config } from "../config/config.ts";
import { GreenError } from "../error.ts";
import type { UnitSolved } from "../runner/container/builder-event.ts";
import type { BuildLogUnit } from "../store/build-log.ts";
import type { BuildHistory, UnitStore } from "../store/store.ts";
import type { InstanceId } from "../unit/digest.ts";
import { askedOnce } from "./asked-once.ts";
import type { Containers } from "./container/containers.ts";
import type { SolvedUnit } from "./container/export-caches.ts";
import { identityFromEnvironment } from "./environment-identity.ts";
import { HostSystem } from "./host-system.ts";
import { Isolation } from "./isolation.ts";
import { KnownUnits } from "./known-units.ts";
import type { Machine } from "./machine.ts";
import { type Notice, Notices } from "./notices.ts";
import type { PlanContext } from "./plan-context.ts";
import type { ChildCommand, FinalAnswer, ShimRequest } from "./protocol.ts";
import { refusal } from "./refusal.ts";
import type { FoundUnit, ReplayServices } from "./replay/replay.ts";
import { RequestRoots } from "./request-roots.ts";
import { planRustc } from "./rustc-unit.ts";
import { planScriptRun } from "./script-unit.ts";
import type { TraceSink, UnitSpan } from "./trace.ts";
import { liveUncached, type UncachedServices } from "./uncached-life.ts";
import {
  announceRecord,
  answerFrom,
  findRecord,
  liveUnit,
  outcomeFrom,
  type RecordSource,
} from "./unit-life.ts";
import type { UnitPlan, Untouched } from "./unit-plan.ts";
import type { AskingShim, UnitRunner } from "./unit-runner.ts";
import type { UnitOutcome, UnitServices } from "./unit-services.ts";
import { utf8Request } from "./utf8-request.ts";

export interface SessionOptions {
  readonly store: UnitStore & BuildHistory;
  readonly config: Config;
  /** Version of cargo-green. */
  readonly version: string;
  /** The native shim; undefined if there is none. */
  readonly shim: string | undefined;
  /** The environment that Cargo was started with; undefined if that is not known. */
  readonly ambient?: ReadonlyMap<string, string> | undefined;
  /** Tells the user something in a line; undefined where nobody would see it. */
  readonly say?: ((line: string) => void) | undefined;
  /** What this user was told in an earlier build is told again. */
  readonly verbose?: boolean;
  /** Where it happens, on the same store. */
  readonly machine: Machine;
  /** Lines for the log, when it is on. */
  readonly log: (line: string) => void;
  /** What runs units in containers, if that is where they are to be run. */
  readonly containers?: Containers | undefined;
  /** Told of each unit, if somebody wants to know. */
  readonly trace?: TraceSink | undefined;
}

/** A unit that Cargo asked for, and the record of what it got. */
export interface SeenUnit {
  readonly request: ShimRequest;
  /** The unit's `--out-dir` or OUT_DIR. */
  readonly place: string;
  /** True if its package's sources cannot change. */
  readonly immutable: boolean;
  readonly instance: InstanceId;
}

/** What one build did so far. */
export interface SessionCounts {
  readonly replayed: number;
  readonly restored: number;
  readonly built: number;
  readonly uncached: number;
  /** Sum of what the restored units once took, milliseconds. */
  readonly savedMs: number;
}

/** One build: answers the requests of its shims and remembers what became of each unit. */
export class Session {
  readonly store: UnitStore & BuildHistory;
  readonly #options: SessionOptions;
  readonly #known: KnownUnits;
  readonly #machine: Machine;
  readonly #runner: UnitRunner;
  readonly #context: PlanContext;
  readonly #notices: Notices;
  readonly #background = new Set<Promise<void>>();
  readonly #units: BuildLogUnit[] = [];
  readonly #seen: SeenUnit[] = [];
  readonly #solved: SolvedUnit[] = [];
  #fetch: UnitServices["fetch"];
  #onRecorded: ((instance: InstanceId) => void) | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.store = options.store;
    this.#known = new KnownUnits(options.store);
    this.#machine = options.machine;
    this.#notices = new Notices({
      store: options.store,
      show: options.say,
      verbose: options.verbose ?? false,
      machine: `${hostname()} ${release()} ${process.getuid?.()}`,
    });
    const { config, shim, ambient, containers } = options;
    const surroundings = { config, ambient, notices: this.#notices };
    const system = containers?.system ?? new HostSystem(this.#machine, config.sandbox !== "off", shim);
    this.#context = { ...options, known: this.#known, roots: new RequestRoots(), system };
    const host = new Isolation({ ...surroundings, backend: (env) => this.#machine.sandbox(shim, env) });
    this.#runner =
      containers?.runner({ ...surroundings, host, store: options.store, known: this.#known }) ?? host;
  }

  /** One unit, from request to answer. Whatever goes wrong on our side ends in the real program. */
  async handle(raw: ShimRequest, shim: AskingShim): Promise<FinalAnswer> {
    const request = utf8Request(raw);
    if (request === undefined) return { kind: "exec" };
    const span = this.#options.trace?.begin(request);
    const run = async (command: ChildCommand) => {
      span?.started(command);
      const result = await shim.run(latin1Command(command));
      span?.ended(result);
      return result;
    };
    const observe = span && ((event: UnitSolved) => span.solved(event));
    const answer = await this.#answer(request, span, { run, signal: shim.signal, observe });
    span?.answered(answer);
    return answer;
  }

  async #answer(request: ShimRequest, span: UnitSpan | undefined, shim: AskingShim): Promise<FinalAnswer> {
    const asked = this.#options.containers?.adapt(request) ?? request;
    const plan = await this.#plan(asked, this.#context);
    const { config, shim: native } = this.#options;
    if (config.sandbox === "enforce" && native === undefined && plan.identity?.kind === "build-script") {
      return refusal("the shim that keeps build scripts in could not be compiled");
    }
    if ("untouched" in plan) {
      const { identity, untouched: reason } = plan;
      if (identity !== undefined) this.#report({ outcome: "uncached", identity, reason, tookMs: 0 }, span);
      return liveUncached(asked, identity, this.#uncachedServices(), shim);
    }
    const { place, package: own } = plan;
    const report = ({ solved, ...outcome }: UnitOutcome) => {
      const { instance } = outcome;
      if (instance !== undefined) this.#seen.push({ request, place, immutable: own.immutable, instance });
      if (instance !== undefined && solved !== undefined) this.#solved.push({ unit: solved, instance });
      this.#report(outcome, span);
    };
    return liveUnit(plan, { ...this.#services(span), report }, shim);
  }

  /**
   * What says which one of some results is right for a request that Cargo would make; undefined if none is. It is for
   * the time before Cargo works: files that it looked at are not looked at again.
   */
  lookUps(): ReplayServices["lookUp"] {
    const store = askedOnce(this.store);
    const context = { ...this.#context, store };
    return async (request, results, prefer) => {
      const plan = await this.#plan(this.#options.containers?.adapt(request) ?? request, context);
      if ("untouched" in plan) return undefined;
      const source: RecordSource = {
        inputSets: (preKey) =>
          results.filter((each) => each.preKey === preKey).map(({ inputSet }) => inputSet),
        find: (key) => results.filter((each) => each.key === key),
        digestFile: store.digestFile,
      };
      const record = await findRecord(plan, { store: source, runner: this.#runner }, prefer);
      return record === undefined ? undefined : { request, plan, record };
    };
  }

  /** Lets units on top of one that is being laid down know whose result it is. */
  announce({ plan, record }: FoundUnit): void {
    announceRecord(plan, record, this.#known);
  }

  /** Notes that a result was laid down before Cargo asked for it. */
  laid({ request, plan, record }: FoundUnit): void {
    const span = this.#options.trace?.begin(request);
    this.store.touch(record.instance);
    this.#report(outcomeFrom("replayed", plan, record), span);
    span?.answered(answerFrom(plan, record));
  }

  /** The compiler that Cargo will use, as far as that is known before it asks. */
  toolchain(rustc: string, env: ReadonlyMap<string, string>): Promise<RustcIdentity> {
    return this.#machine.toolchain(rustc, env);
  }

  /** What the text of a Cargo.lock says. */
  lockedPackages(text: string): readonly LockedPackage[] {
    return this.#machine.lockedPackages(text);
  }

  /** Starts it to say what it is, and does not wait for that. Never rejects. */
  async askToolchain(rustc: string, env: ReadonlyMap<string, string>): Promise<void> {
    await this.#machine.askToolchain(rustc, env).catch(() => {});
  }

  /**
   * Finds out what keys will be made of, while something else is waited for. Of units in containers they are made of
   * their image, and this machine's own tools are asked for nothing. Never rejects.
   */
  async getReady(env: ReadonlyMap<string, string>): Promise<void> {
    const { config, shim, containers } = this.#options;
    if (containers !== undefined) return;
    const questions = [
      () => this.#machine.linker(undefined, [], env),
      () => this.#machine.packages(env),
      () => this.#machine.tools(env),
      ...(config.sandbox === "off" ? [] : [() => this.#machine.sandbox(shim, env)]),
    ];
    // One after the other: whatever is waited for needs processors too. Who fails now will fail who wants to know.
    for (const ask of questions) await ask().catch(() => {});
  }

  /** Says whom to ask for what the store has not. */
  fetchBy(fetch: NonNullable<UnitServices["fetch"]>): void {
    this.#fetch = fetch;
  }

  /** Says whom to tell of each result that is recorded from now on. */
  tellRecorded(tell: (instance: InstanceId) => void): void {
    this.#onRecorded = tell;
  }

  /** What Cargo asked for and there is a record of. */
  get seen(): readonly SeenUnit[] {
    return this.#seen;
  }

  /** What a builder has the results of, as they were recorded. */
  get solved(): readonly SolvedUnit[] {
    return this.#solved;
  }

  async #plan(request: ShimRequest, context: PlanContext): Promise<UnitPlan | Untouched> {
    const planner = request.role === "build-script" ? planScriptRun : planRustc;
    try {
      return await planner(request, context);
    } catch (thrown) {
      this.#options.log(`plan failed: ${GreenError.from(thrown).stack}`);
      return { untouched: GreenError.from(thrown).message, identity: identityFromEnvironment(request) };
    }
  }

  #services(span: UnitSpan | undefined): UnitServices {
    return {
      store: this.store,
      fetch: this.#fetch,
      known: this.#known,
      runner: this.#runner,
      publicLists: this.#options.config,
      version: this.#options.version,
      report: (outcome) => this.#report(outcome, span),
      background: (work) => {
        this.#background.add(work);
        work.finally(() => this.#background.delete(work));
      },
    };
  }

  #uncachedServices(): UncachedServices {
    const { config, shim } = this.#options;
    const enforced = config.sandbox === "enforce" || this.#runner.kind !== "host";
    return { machine: this.#machine, runner: this.#runner, shim, enforced };
  }

  #report(outcome: UnitOutcome, span: UnitSpan | undefined): void {
    span?.outcome(outcome);
    const { package: name, version, kind, target } = outcome.identity;
    const why = outcome.reason === undefined ? "" : `: ${outcome.reason}`;
    this.#options.log(`${name} ${version} (${kind} ${target}) ${outcome.outcome}${why}`);
    this.#units.push(outcome);
    if (outcome.outcome === "built" && outcome.instance !== undefined) this.#onRecorded?.(outcome.instance);
  }

  /** Tells the user something in a line, and keeps it with the build. */
  tell(notice: Notice): void {
    this.#notices.say(notice);
  }

  /** What there was to tell, whether it was shown or not. */
  get notes(): readonly string[] {
    return this.#notices.lines;
  }

  get units(): readonly BuildLogUnit[] {
    return this.#units;
  }

  get counts(): SessionCounts {
    const ended = (outcome: UnitOutcome["outcome"]) => this.#units.filter((unit) => unit.outcome === outcome);
    const [replayed, restored] = [ended("replayed"), ended("restored")];
    return {
      replayed: replayed.length,
      restored: restored.length,
      built: ended("built").length,
      uncached: ended("uncached").length,
      savedMs: [...replayed, ...restored].reduce((sum, { tookMs }) => sum + tookMs, 0),
    };
  }

  /** Waits for the records that are still being made, when no more units come. */
  async drain(): Promise<void> {
    while (this.#background.size > 0) await Promise.allSettled([...this.#background]);
    await this.store.dropCopies();
  }
}

/** The wire carries bytes as latin1; inside the broker, text is text. */
function latin1Command(command: ChildCommand): ChildCommand {
  const { argv, setEnv, unsetEnv } = command;
  const latin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");
  return {
    ...command,
    ...(argv !== undefined && { argv: argv.map(latin1) }),
    ...(setEnv !== undefined && {
      setEnv: new Map([...setEnv].map(([name, value]) => [latin1(name), latin1(value)])),
    }),
    ...(unsetEnv !== undefined && { unsetEnv: unsetEnv.map(latin1) }),
  };
}
