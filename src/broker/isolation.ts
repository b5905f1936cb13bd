// SPDX-License-Identifier: MIT OR Apache-2.0
import { cargoHome } from "../cargo/package.ts";
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
import type { Notices } from "./notices.ts";
import { type ChildResult, finishLike } from "./protocol.ts";
import { refusal } from "./refusal.ts";
import { declaredOf, type FailedRun, hasFailed, objectionTo } from "./undeclared.ts";
import type { AskingShim, UnitRun, UnitRunner, UnitToRun } from "./unit-runner.ts";
import { foreignVariables, sortVariables } from "./visible-variables.ts";

export interface IsolationOptions {
  readonly config: Pick<Config, "sandbox" | "withNetwork" | "setEnvs">;
  /** Finds what makes a sandbox here; asked once. */
  readonly backend: (env: ReadonlyMap<string, string>) => Promise<SandboxBackend>;
  /** The environment that Cargo was started with: what differs from it is Cargo's doing. Undefined if not known. */
  readonly ambient: ReadonlyMap<string, string> | undefined;
  readonly notices: Pick<Notices, "say" | "settle">;
}

/** What is needed of a unit to keep it in. */
export type ConfinedUnit = Omit<
  UnitToRun,
  "package" | "compiler" | "programs" | "roots" | "place" | "elsewhere" | "around"
> & {
  readonly package: Pick<UnitToRun["package"], "name">;
};

type Run = AskingShim["run"];

/** A unit that keeps declaring variables that it was not shown is not chased for ever. */
const MAX_RUNS = 4;

/** Runs units in the sandbox that the settings ask for, and does what they say if that does not work. */
export class Isolation implements UnitRunner {
  readonly kind = "host";
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
  async run(unit: ConfinedUnit, { run }: Pick<AskingShim, "run">): Promise<UnitRun> {
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
  ): Promise<UnitRun> {
    const { config } = this.#options;
    const network = mayUseNetwork(config, unit.package.name);
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
      const { hidden, seen } = sortVariables(unit, shown, {
        setEnvs: config.setEnvs,
        ambient: this.#options.ambient,
      });
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
  async #fallBack(unit: ConfinedUnit, failed: FailedRun, run: Run): Promise<UnitRun> {
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
        `${needsNetwork(cause) ? settingFor(cause, unit.package.name, []) : "CARGOGREEN_SANDBOX=off does so at once"}`,
    );
    return { ...plain, objection: await objectionTo(unit, cause, plain.result, failed.hidden) };
  }

  async #runPlainly(unit: ConfinedUnit, run: Run): Promise<UnitRun> {
    const result = await run(unit.command);
    return { result, note: PLAIN, answer: finishLike(result), objection: undefined };
  }

  /** `enforce`: it failed, and one line below its own output says what would help. */
  #failed(unit: ConfinedUnit, result: ChildResult, note: SandboxNote): UnitRun {
    const answer = finishLike(result);
    const output = outputOf(result);
    const cause = causeOfFailure(output, note.hidden);
    const isOwn = unit.isRustc && !mayBeSandbox(result.stderr.toString("latin1"));
    if (answer.kind !== "finish" || isOwn) return { result, note, answer, objection: undefined };
    const setting = settingFor(cause, unit.package.name, namedIn(output, note.hidden));
    const line = `cargo-green: ${unit.name} ${describeFailure(cause)} (CARGOGREEN_SANDBOX=enforce); ${setting}\n`;
    return { result, note, answer: { ...answer, stderr: Buffer.from(line) }, objection: undefined };
  }

  foreign(names: readonly string[], env: ReadonlyMap<string, string>): readonly string[] {
    return foreignVariables(names, env, this.#options);
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
function refused(reason: string): UnitRun {
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

/** `with-network` names packages; `*` means all. */
function mayUseNetwork({ withNetwork }: Pick<Config, "withNetwork">, packageName: string): boolean {
  return withNetwork.includes("*") || withNetwork.includes(packageName);
}
