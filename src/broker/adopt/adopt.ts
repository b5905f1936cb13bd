// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { nodeFiles } from "../../cargo/files.ts";
import {
  type CargoInvocation,
  optionValue,
  ownArguments,
  parseCargoInvocation,
} from "../../cargo/invocation.ts";
import { findOtherWrapper } from "../../cargo/wrapper-settings.ts";
import type { Config } from "../../config/config.ts";
import { GreenError } from "../../error.ts";
import type { UnitStore } from "../../store/store.ts";
import { VERSION } from "../../version.ts";
import { HostSystem } from "../host-system.ts";
import { Isolation } from "../isolation.ts";
import { Machine } from "../machine.ts";
import { readCargoConfig } from "../replay/cargo-config.ts";
import { type NotableUnit, noteUnits } from "../replay/note-build.ts";
import { type PlannedBuild, planBuild } from "../replay/plan-build.ts";
import { prepareShim } from "../shim.ts";
import { socketDirectory } from "../socket-directory.ts";
import { adoptUnits } from "./adopt-units.ts";
import { lockDirectories } from "./lock-directories.ts";
import { type AskedUnit, askForUnits } from "./scratch-build.ts";
import { SystemAges } from "./system-ages.ts";
import type { UnitFate } from "./unit-fate.ts";

export interface AdoptContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly config: Config;
  readonly store: UnitStore;
  /** Only say what would be taken in. */
  readonly dryRun: boolean;
  /** Told what is going on. */
  readonly onProgress: (text: string) => void;
}

/** What was found in a target directory. */
export interface AdoptReport {
  /** Cargo's build directory. */
  readonly directory: string;
  readonly units: readonly UnitFate[];
  /** Why Cargo did not ask for all units, if it did not. */
  readonly complaint: string | undefined;
}

/**
 * Makes records of what plain Cargo built before, without compiling or running anything of it: of those units of the
 * build that `argv` asks for whose inputs can be proven to be what they were.
 *
 * @param argv as for Cargo, with the subcommand
 * Throws GreenError "usage" or "environment" if there is nothing to go by.
 */
export async function adoptBuild(argv: readonly string[], context: AdoptContext): Promise<AdoptReport> {
  const { env, cwd, config, store, onProgress } = context;
  const invocation = parseCargoInvocation(argv);
  refuseWrapper(env, cwd);
  if (config.sandbox === "enforce") {
    const hint = 'set sandbox = "prefer" to adopt, and to build with what was adopted';
    throw new GreenError("usage", "Plain cargo has no sandbox, and the settings demand one", { hint });
  }
  const { kind, path: shim } = await prepareShim(config, env, onProgress);
  if (kind !== "native") {
    const hint = "`cargo green doctor` says more";
    throw new GreenError("environment", "The shim could not be compiled", { hint });
  }
  onProgress("asking Cargo what it would build");
  const planned = await plan(invocation, shim, context);
  const directories = { target: planned.artifacts, build: planned.place.target };
  // Below the store: programs can be started there, the shim being one.
  const scratch = join(realpathSync(store.directory), "tmp", `adopt-${randomUUID()}`);
  mkdirSync(scratch);
  try {
    const { asked, complaint } = await askForUnits({
      ...{ invocation, env, cwd, shim, directories, scratch },
      socketDirectory: socketDirectory({
        runtimeDir: env["XDG_RUNTIME_DIR"],
        uid: process.getuid?.() ?? 0,
      }),
      onError: (error) => onProgress(error.message),
    });
    const unlock = await lockDirectories(planned, asked, () =>
      onProgress("waiting for another build in the same directory"),
    );
    try {
      const isOwnTarget = isDefaultTarget(invocation, planned, context);
      const units = await adoptAsked(asked, planned, { ...context, isOwnTarget });
      await planned.keep();
      store.flush();
      return { directory: directories.build, units, complaint };
    } finally {
      await unlock();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function plan(
  invocation: CargoInvocation,
  shim: string,
  { env, cwd, store, onProgress }: AdoptContext,
): Promise<PlannedBuild> {
  let reason = "Cargo does not say";
  const log = (line: string) => {
    reason = line.replace(/^replay: /, "");
  };
  const machine = new Machine(store, undefined);
  const planned = await planBuild(
    { invocation, env, cwd, shim, onStatus: (line) => onProgress(line.trim()), log },
    {
      store,
      toolchain: (rustc, variables) => machine.toolchain(rustc, variables),
      lockedPackages: (text) => machine.lockedPackages(text),
    },
  );
  if (planned !== undefined) return planned;
  throw new GreenError("environment", `What would be built here is not known: ${reason}`);
}

async function adoptAsked(
  asked: readonly AskedUnit[],
  planned: PlannedBuild,
  { config, store, dryRun, onProgress, isOwnTarget }: AdoptContext & { readonly isOwnTarget: boolean },
): Promise<readonly UnitFate[]> {
  const { place, shim, artifacts } = planned;
  const machine = new Machine(store, place.workspace);
  const system = new HostSystem(machine, config.sandbox !== "off", shim);
  const runner = new Isolation({
    config,
    backend: (env) => machine.sandbox(shim, env), // never asked: nothing is run
    ambient: place.ambient,
    notices: { say: () => {}, settle: () => {} },
  });
  const units = await adoptUnits(asked, {
    ...{ store, config, machine, system, shim, runner, dryRun, isOwnTarget },
    version: VERSION,
    publicLists: config,
    directories: { target: artifacts, build: place.target },
    workspace: place.workspace,
    ages: new SystemAges(nodeFiles("utf8"), store, place.target),
    onProgress: (settled) => onProgress(`${settled} of ${asked.length} units`),
  });
  if (!dryRun) await noteUnits(planned, units.map(notable), store);
  return units;
}

/** What Cargo would write otherwise elsewhere (of a script that declares nothing) was not adopted. */
function notable(unit: UnitFate): NotableUnit {
  const { request } = unit;
  const kept = unit.kind === "left" ? { place: "", instance: undefined } : unit;
  return { request, place: kept.place, instance: kept.instance, immutable: true };
}

/** True if Cargo builds where it does because of where the workspace is: then nobody else builds there. */
function isDefaultTarget(
  invocation: CargoInvocation,
  { place: { workspace, target }, artifacts }: PlannedBuild,
  { env, cwd }: AdoptContext,
): boolean {
  const config = readCargoConfig(invocation, cwd, env);
  const isChosen =
    optionValue(ownArguments(invocation), "--target-dir") !== undefined ||
    ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"].some((name) => env[name]) ||
    config.has("build", "target-dir") ||
    config.has("build", "build-dir");
  if (isChosen || target !== artifacts || !existsSync(target)) return false;
  return realpathSync(target) === join(realpathSync(workspace), "target");
}

/** Wrappers that run the compiler as it is asked to be. */
const HARMLESS_WRAPPERS: ReadonlySet<string> = new Set(["sccache", "cachepot"]);

/** No fingerprint tells which wrapper compiled something, nor how. */
function refuseWrapper(env: NodeJS.ProcessEnv, cwd: string): void {
  const other = findOtherWrapper(env, cwd);
  if (other === undefined || HARMLESS_WRAPPERS.has(basename(other.program))) return;
  throw new GreenError("environment", `What was compiled through "${other.program}" cannot be adopted`, {
    hint: `it is set by ${other.setBy}; if plain cargo built this directory, run with RUSTC_WRAPPER=""`,
  });
}
