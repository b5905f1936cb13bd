// SPDX-License-Identifier: MIT OR Apache-2.0
import { classifyEnv } from "../cargo/env-policy.ts";
import { cargoHome } from "../cargo/package.ts";
import { expandText } from "../cargo/roots.ts";
import type { Config } from "../config/config.ts";
import { sandboxCommand } from "../runner/host/command.ts";
import { describeSandbox, type KnownLinks } from "../runner/host/describe.ts";
import {
  causeOfFailure,
  describeFailure,
  mayBeSandbox,
  namedIn,
  needsNetwork,
  settingFor,
} from "../runner/host/failure.ts";
import { bypassLaunchers } from "../runner/host/launchers.ts";
import type { SandboxBackend } from "../runner/host/spec.ts";
import type { SandboxNote, UnitRecord } from "../unit/record.ts";
import type { Confinement } from "./confinement.ts";
import type { Notices } from "./notices.ts";
import type { ChildCommand, ChildResult, FinalAnswer } from "./protocol.ts";
import { finishLike } from "./protocol.ts";
import { refusal } from "./refusal.ts";
import { declaredOf, type FailedRun, hasFailed, objectionTo } from "./undeclared.ts";

/** A unit as far as keeping it in is concerned. */
export interface ConfinedUnit {
  /** Cargo package name. */
  readonly package: string;
  /** As a person knows it: `ring 0.17.14 (build script run)`. */
  readonly name: string;
  /** True for a compilation, whose errors are rustc's JSON. */
  readonly isRustc: boolean;
  readonly cwd: string;
  readonly env: ReadonlyMap<string, string>;
  /** The program and its arguments. */
  readonly argv: readonly string[];
  /** How to run it without a sandbox. */
  readonly command: ChildCommand;
  readonly confinement: Confinement;
  /** Variables that it is known to read: visible from the start. */
  readonly reads: ReadonlySet<string>;
  /** False if everything that it reads is declared and in its key: nothing is hidden from it then. */
  readonly hides: boolean;
  /** Names of the variables that it declared in a run that ended well. */
  declared(result: ChildResult): Promise<readonly string[]>;
  /** True if it declared a file outside of its package in a run that ended well. */
  declaresElsewhere(result: ChildResult): Promise<boolean>;
  /** Takes away what a run left that does not count. */
  beforeRerun(): Promise<void>;
}

/** How a unit was run in the end. */
export interface IsolatedRun {
  readonly result: ChildResult;
  readonly note: SandboxNote;
  /** What the shim is told; written after the unit's own output. */
  readonly answer: FinalAnswer;
  /** A reason why it must not be recorded. */
  readonly objection: string | undefined;
}

export interface IsolationOptions {
  readonly config: Pick<Config, "sandbox" | "withNetwork" | "setEnvs">;
  /** Finds what makes a sandbox here; asked once. */
  readonly backend: (env: ReadonlyMap<string, string>) => Promise<SandboxBackend>;
  /** The environment that Cargo was started with: what differs from it is Cargo's doing. Undefined if not known. */
  readonly ambient: ReadonlyMap<string, string> | undefined;
  readonly notices: Pick<Notices, "say" | "settle">;
}

type Run = (command: ChildCommand) => Promise<ChildResult>;

/** A unit that keeps declaring variables that it was not shown is not chased for ever. */
const MAX_RUNS = 4;

/** Runs units in the sandbox that the settings ask for, and does what they say if that does not work. */
export class Isolation {
  readonly #options: IsolationOptions;
  readonly #links: KnownLinks = new Map();
  #backend: Promise<SandboxBackend> | undefined;

  constructor(options: IsolationOptions) {
    this.#options = options;
  }

  /** True if a record was made with as much isolation as is demanded now. */
  accepts({ provenance: { sandbox } }: Pick<UnitRecord, "provenance">, packageName: string): boolean {
    const { config } = this.#options;
    if (config.sandbox !== "enforce") return true;
    return sandbox.mode !== "none" && (!sandbox.network || mayUseNetwork(config, packageName));
  }

  /** Runs a unit as the settings say. */
  async run(unit: ConfinedUnit, run: Run): Promise<IsolatedRun> {
    const { config } = this.#options;
    if (config.sandbox === "off") return this.#runPlainly(unit, run);
    const backend = await this.#find(unit.env);
    if (backend.kind === "none") {
      if (config.sandbox === "enforce") return refused(backend.reason);
      this.#say(withoutSandbox(backend.reason), NO_SANDBOX);
      return this.#runPlainly(unit, run);
    }
    this.#options.notices.settle(NO_SANDBOX);
    return this.#runConfined(unit, backend, run);
  }

  async #runConfined(
    unit: ConfinedUnit,
    backend: SandboxBackend & { readonly kind: "bwrap" | "native" },
    run: Run,
  ): Promise<IsolatedRun> {
    const { config } = this.#options;
    const network = mayUseNetwork(config, unit.package);
    const spec = describeSandbox(
      {
        ...unit.confinement,
        scratch: scratchOf(unit.env, network),
        home: unit.env.get("HOME"),
        network,
        cwd: unit.cwd,
      },
      this.#links,
    );
    const launchers = bypassLaunchers(unit.env);
    for (const name of launchers.bypassed) {
      this.#say(`leaves ${name} out of sandboxed units: their results are cached here`);
    }
    // Cargo would try for a quarter of a minute to reach a registry that cannot be reached.
    const offline = network || unit.isRustc ? [] : ([["CARGO_NET_OFFLINE", "true"]] as const);
    const shown = new Set<string>();
    for (let runs = 1; ; runs++) {
      const { hidden, seen } = this.#sortVariables(unit, shown);
      const note: SandboxNote = { mode: backend.kind, network, hidden, seen };
      const result = await run({
        argv: sandboxCommand(spec, backend, unit.argv),
        setEnv: new Map([...launchers.set, ...offline]),
        unsetEnv: [...hidden, ...launchers.unset],
        hold: true,
      });
      const wanted = runs < MAX_RUNS ? await declaredOf(unit, result, hidden) : [];
      if (wanted.length > 0) {
        for (const name of wanted) shown.add(name);
        await unit.beforeRerun();
        continue;
      }
      if (!hasFailed(result)) return { result, note, answer: finishLike(result), objection: undefined };
      if (config.sandbox === "enforce") return this.#failed(unit, result, note);
      const stderr = result.stderr.toString("latin1");
      if (!result.complete || (unit.isRustc && !mayBeSandbox(stderr))) {
        return { result, note, answer: finishLike(result), objection: undefined };
      }
      return this.#fallBack(unit, { result, hidden }, run);
    }
  }

  /** `prefer`: what does not work in the sandbox is run as plain Cargo would have run it. */
  async #fallBack(unit: ConfinedUnit, failed: FailedRun, run: Run): Promise<IsolatedRun> {
    await unit.beforeRerun();
    const plain = await this.#runPlainly(unit, run);
    if (hasFailed(plain.result)) return plain; // it was not the sandbox
    const cause = causeOfFailure(outputOf(failed.result), failed.hidden);
    if (cause === "setup") {
      // It worked when it was tried; whatever changed, the next units need not find out one by one.
      const reason = `it cannot be set up (${firstLine(failed.result.stderr)})`;
      this.#backend = Promise.resolve({ kind: "none", reason });
      this.#say(withoutSandbox(reason));
      return plain;
    }
    this.#say(
      `${unit.name} ${describeFailure(cause)}, so it ran without (CARGOGREEN_SANDBOX=prefer); ` +
        `${needsNetwork(cause) ? settingFor(cause, unit.package, []) : "CARGOGREEN_SANDBOX=off does so at once"}`,
    );
    return { ...plain, objection: await objectionTo(unit, cause, plain.result, failed.hidden) };
  }

  async #runPlainly(unit: ConfinedUnit, run: Run): Promise<IsolatedRun> {
    const result = await run(unit.command);
    return { result, note: PLAIN, answer: finishLike(result), objection: undefined };
  }

  /** `enforce`: it failed, and one line below its own output says what would help. */
  #failed(unit: ConfinedUnit, result: ChildResult, note: SandboxNote): IsolatedRun {
    const answer = finishLike(result);
    const output = outputOf(result);
    const cause = causeOfFailure(output, note.hidden);
    const isOwn = unit.isRustc && !mayBeSandbox(result.stderr.toString("latin1"));
    if (answer.kind !== "finish" || isOwn) return { result, note, answer, objection: undefined };
    const setting = settingFor(cause, unit.package, namedIn(output, note.hidden));
    const line = `cargo-green: ${unit.name} ${describeFailure(cause)} (CARGOGREEN_SANDBOX=enforce); ${setting}\n`;
    return { result, note, answer: { ...answer, stderr: Buffer.from(line) }, objection: undefined };
  }

  /** Which of the variables that are set a unit does not see, and which it sees although nobody would expect it. */
  #sortVariables(
    unit: ConfinedUnit,
    shown: ReadonlySet<string>,
  ): { readonly hidden: readonly string[]; readonly seen: readonly string[] } {
    const { config } = this.#options;
    const foreign = [...unit.env.keys()].filter((name) => classifyEnv(name) === "foreign").sort();
    if (!unit.hides) return { hidden: [], seen: [] };
    const own = (name: string) => this.#isCargos(name, unit.env);
    const visible = (name: string) =>
      own(name) || shown.has(name) || unit.reads.has(name) || config.setEnvs.includes(name);
    return {
      hidden: foreign.filter((name) => !visible(name)),
      seen: foreign.filter((name) => visible(name) && !own(name)),
    };
  }

  /** Those of the variables that are set, and that are neither Cargo's nor on the documented list. */
  foreign(names: readonly string[], env: ReadonlyMap<string, string>): readonly string[] {
    return names.filter(
      (name) => env.has(name) && classifyEnv(name) === "foreign" && !this.#isCargos(name, env),
    );
  }

  /** Set by Cargo, its configuration or a build script: it is other than where Cargo was started. */
  #isCargos(name: string, env: ReadonlyMap<string, string>): boolean {
    const { ambient } = this.#options;
    return ambient !== undefined && ambient.get(name) !== env.get(name);
  }

  #find(env: ReadonlyMap<string, string>): Promise<SandboxBackend> {
    this.#backend ??= this.#options.backend(env);
    return this.#backend;
  }

  #say(line: string, topic?: string): void {
    this.#options.notices.say({ line, ...(topic !== undefined && { topic }) });
  }
}

/** That nothing can make a sandbox here is said once a machine, not once a build. */
const NO_SANDBOX = "no sandbox";
const PLAIN: SandboxNote = { mode: "none", network: true, hidden: [], seen: [] };

function withoutSandbox(reason: string): string {
  return `builds without a sandbox: ${reason}; \`cargo green doctor\` says what helps, CARGOGREEN_SANDBOX=off that it is known`;
}

/** A Cargo that may use the network gets an empty home of its own to download to. */
function scratchOf(env: ReadonlyMap<string, string>, network: boolean): readonly string[] {
  const wanted = [env.get("TMPDIR"), network ? cargoHome(env) : undefined];
  return wanted.filter((path) => path !== undefined);
}

function firstLine(stderr: Buffer): string {
  return stderr.toString("utf8").trim().split("\n")[0] ?? "";
}

function outputOf({ stdout, stderr }: ChildResult): string {
  return `${stderr.toString("latin1")}\n${stdout.toString("latin1")}`;
}

/** `enforce` where there is no sandbox: nothing is run. */
function refused(reason: string): IsolatedRun {
  const answer = refusal(reason);
  return {
    result: {
      exit: { how: "exited", code: answer.code },
      complete: true,
      stdout: Buffer.alloc(0),
      stderr: Buffer.from(answer.stderr),
    },
    note: PLAIN,
    answer,
    objection: undefined,
  };
}

/** Paths in input sets of earlier runs that are not below any of these directories. */
export function declaredElsewhere(
  files: readonly string[],
  roots: Parameters<typeof expandText>[1],
  covered: readonly string[],
): readonly string[] {
  return files
    .map((file) => expandText(file, roots))
    .filter((file) => !covered.some((directory) => file === directory || file.startsWith(`${directory}/`)));
}

/** `with-network` names packages; `*` means all. */
function mayUseNetwork({ withNetwork }: Pick<Config, "withNetwork">, packageName: string): boolean {
  return withNetwork.includes("*") || withNetwork.includes(packageName);
}
