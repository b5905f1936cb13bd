// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CargoInvocation } from "../../cargo/invocation.ts";
import { indexLockfile } from "../../cargo/lockfile.ts";
import type { CargoProject } from "../../cargo/metadata.ts";
import { cargoHome } from "../../cargo/package.ts";
import { makeRoots, type PathRoots } from "../../cargo/roots.ts";
import { variablesOf } from "../../cargo/variables.ts";
import { GreenError } from "../../error.ts";
import type { PackScope } from "../../remote/format/tag.ts";
import type { UnitStore } from "../../store/store.ts";
import type { Session } from "../session.ts";
import { packScope } from "../share/pack-scope.ts";
import { type SharedPackage, withMirror } from "../share/public-packages.ts";
import { askCargo } from "./ask-cargo.ts";
import { memberCompiler, rootArguments, settingsBasis } from "./build-basis.ts";
import type { BuildTools } from "./graph-memory.ts";
import { memoShelf } from "./graph-shelf.ts";
import { type LearntBuild, learnBuild } from "./learn-build.ts";
import { planKeys } from "./plan-keys.ts";
import { isEverybodysBasis } from "./public-basis.ts";
import type { Planned, ReplayPlace } from "./replay.ts";
import { type RustcInfo, rustcInfo } from "./rustc-info.ts";
import { compilerProgram, programIn } from "./toolchain-files.ts";

export interface BeforeCargo {
  readonly invocation: CargoInvocation;
  /** Exactly what Cargo will be started with. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The native shim. */
  readonly shim: string;
  /** Writes a line of Cargo's own to stderr. */
  readonly onStatus: (line: string) => void;
  /** Told when Cargo is asked what it will do, as nothing is remembered of such a build: that takes it a while. */
  readonly onAsked?: () => void;
  readonly log: (line: string) => void;
}

/** What is known of a build before Cargo starts. */
export interface PlannedBuild extends Planned {
  readonly place: ReplayPlace;
  readonly shim: string;
  /** `cargo -V` */
  readonly cargo: string;
  readonly rustcInfo: RustcInfo | undefined;
  /** Keeps the graph for the next build; never rejects. */
  keep(): Promise<unknown>;
  /** What remotes file its units under. */
  readonly scope: PackScope;
  /** True if its keys are made of what only this user has in Cargo's configuration and variables. */
  readonly hasOwnSettings: boolean;
  /** Of Cargo.lock. */
  readonly packages: readonly SharedPackage[];
  /** Directories of final artifacts, where Cargo's lock is; the build directory is below `place.target`. */
  readonly artifacts: string;
}

/** Where a build goes, which is known before what its units are called. */
export interface BuildPlace extends Pick<PlannedBuild, "graph" | "cargo" | "rustcInfo" | "artifacts"> {
  readonly place: Pick<ReplayPlace, "target">;
}

export type OnLearnt = (build: BuildPlace, isRecalled: boolean) => Promise<void>;

/** Learns what Cargo is about to do, so that other things can be got ready meanwhile: mostly it is Cargo that works. */
export function learnAhead(
  context: BeforeCargo,
  session: Pick<PlanningSession, "toolchain" | "store">,
): Promise<LearntBuild> {
  return learnBuild(context, memoShelf(session.store), (files) => {
    context.onAsked?.();
    return identifyTools(files, context, session);
  });
}

/**
 * Plans what Cargo is about to do; undefined (and the log says why) if that cannot be known.
 *
 * @param onLearnt told where it is done, before it is known what its units are called, and whether no Cargo was asked
 * @param learning what `learnAhead` has begun to find out of the same build. Default: that begins now.
 */
export async function planBuild(
  context: BeforeCargo,
  session: PlanningSession,
  onLearnt: OnLearnt = async () => {},
  learning?: Promise<LearntBuild>,
): Promise<PlannedBuild | undefined> {
  try {
    return await plan(context, session, onLearnt, learning ?? learnAhead(context, session));
  } catch (thrown) {
    context.log(`replay: ${GreenError.from(thrown).stack}`);
    return undefined;
  }
}

/** What planning needs of a build. */
export interface PlanningSession extends Pick<Session, "toolchain" | "lockedPackages"> {
  readonly store: Pick<UnitStore, "memo" | "remember">;
}

async function plan(
  context: BeforeCargo,
  session: PlanningSession,
  onLearnt: OnLearnt,
  learning: Promise<LearntBuild>,
): Promise<PlannedBuild | undefined> {
  const { invocation, env, shim, log } = context;
  const ambient = variablesOf(env);
  const learnt = await learning;
  if (learnt.kind === "none") {
    log(`replay: ${learnt.reason}`);
    return undefined;
  }
  const { graph, config, project, tools, compiler, compilerAnswers, recalled, keep } = learnt;
  log(`replay: ${recalled ? "remembered" : "asked for"} a graph of ${graph.units.length} units`);
  const roots = placesOf(project, tools.rustc.sysroot, ambient);
  const place = { roots, workspace: project.workspaceRoot, target: project.buildDirectory, ambient };
  const info =
    compiler === undefined ? undefined : rustcInfo(compiler, place.target, session.store, compilerAnswers);
  const build = { graph, place, cargo: tools.cargo, rustcInfo: info, artifacts: project.targetDirectory };
  await onLearnt(build, recalled);
  const lockfile = readText(join(project.workspaceRoot, "Cargo.lock"));
  const packages = withMirror(session.lockedPackages(lockfile), config);
  const basis = await settingsBasis({ invocation, env, config, roots });
  const keys = planKeys(graph, {
    common: [tools.cargo, tools.rustc.text, ...basis],
    memberCompiler: memberCompiler(invocation),
    rootArguments: rootArguments(invocation),
    roots,
    lock: indexLockfile(packages),
  });
  const scope = packScope({ invocation, env, config, rustc: tools.rustc });
  return {
    ...{ ...build, keys, shim, scope, packages, keep },
    hasOwnSettings: !isEverybodysBasis(basis),
  };
}

/** The programs themselves rather than rustup's proxies, where it is known which they are. */
async function identifyTools(
  files: readonly string[] | undefined,
  { invocation: { toolchain }, env, cwd }: BeforeCargo,
  session: Pick<Session, "toolchain">,
): Promise<BuildTools | undefined> {
  const cargo = programIn(files, "cargo");
  const asked =
    cargo === undefined ? { toolchain, env } : { toolchain: undefined, env: { ...env, CARGO: cargo } };
  const [rustc, version] = await Promise.all([
    session.toolchain(compilerProgram(files, env), variablesOf(env)),
    // Its version and commit alone: with more words it names this machine's system, for which it starts ten programs.
    askCargo({ ...asked, args: ["-V"], cwd }),
  ]);
  return version.code === 0 ? { cargo: version.stdout, rustc } : undefined;
}

function placesOf(project: CargoProject, sysroot: string, ambient: ReadonlyMap<string, string>): PathRoots {
  return makeRoots({
    WORKSPACE: project.workspaceRoot,
    TARGET: project.buildDirectory,
    CARGO_HOME: cargoHome(ambient),
    SYSROOT: sysroot,
    HOME: ambient.get("HOME"),
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
