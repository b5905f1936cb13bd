// SPDX-License-Identifier: MIT OR Apache-2.0

import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { CargoInvocation } from "../../cargo/invocation.ts";
import { indexLockfile, parseLockfile } from "../../cargo/lockfile.ts";
import type { CargoProject } from "../../cargo/metadata.ts";
import { cargoHome } from "../../cargo/package.ts";
import { makeRoots, type PathRoots } from "../../cargo/roots.ts";
import { GreenError } from "../../error.ts";
import type { Session } from "../session.ts";
import { askCargo } from "./ask-cargo.ts";
import { rootArguments, settingsBasis } from "./build-basis.ts";
import { captureEntry } from "./capture-entry.ts";
import { readCargoConfig } from "./cargo-config.ts";
import { encodeEntry } from "./entry.ts";
import type { BuildTools } from "./graph-memory.ts";
import { memoShelf } from "./graph-shelf.ts";
import { learnBuild } from "./learn-build.ts";
import { matchUnits } from "./match-units.ts";
import { planKeys } from "./plan-keys.ts";
import { type Planned, type ReplayPlace, replay } from "./replay.ts";
import { lockFiles } from "./target-lock.ts";

export interface BeforeCargo {
  readonly invocation: CargoInvocation;
  /** Exactly what Cargo will be started with. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The native shim. */
  readonly shim: string;
  /** Writes a line of Cargo's own to stderr. */
  readonly onStatus: (line: string) => void;
  readonly log: (line: string) => void;
}

/** What is known of a build before Cargo starts. */
export interface PlannedBuild extends Planned {
  readonly place: ReplayPlace;
  readonly shim: string;
  /** Directories of final artifacts, where Cargo's lock is; the build directory is below `place.target`. */
  readonly artifacts: string;
}

/** Learns what Cargo is about to do; undefined (and the log says why) if that cannot be known. */
export async function planBuild(context: BeforeCargo, session: Session): Promise<PlannedBuild | undefined> {
  const { invocation, env, cwd, shim, log } = context;
  const set = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const ambient = new Map(set);
  const learnt = await learnBuild(context, memoShelf(session.store), (files) =>
    identifyTools(files, context, session),
  );
  if (learnt.kind === "none") {
    log(`replay: ${learnt.reason}`);
    return undefined;
  }
  const { graph, project, tools } = learnt;
  const roots = placesOf(project, tools.rustc.sysroot, ambient);
  const config = readCargoConfig(invocation, cwd, env);
  const keys = planKeys(graph, {
    common: [tools.cargo, tools.rustc.text, ...(await settingsBasis({ invocation, env, config, roots }))],
    rootArguments: rootArguments(invocation),
    roots,
    lock: indexLockfile(parseLockfile(readText(join(project.workspaceRoot, "Cargo.lock")))),
  });
  const place = { roots, workspace: project.workspaceRoot, target: project.buildDirectory, ambient };
  return { graph, keys, place, shim, artifacts: project.targetDirectory };
}

/** The programs themselves rather than rustup's proxies, where it is known which they are. */
async function identifyTools(
  files: readonly string[] | undefined,
  { invocation: { toolchain }, env, cwd }: BeforeCargo,
  session: Session,
): Promise<BuildTools | undefined> {
  const program = (name: string) => files?.findLast((path) => basename(path) === name);
  const cargo = program("cargo");
  const asked =
    cargo === undefined ? { toolchain, env } : { toolchain: undefined, env: { ...env, CARGO: cargo } };
  const variables = new Map(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const [version, rustc] = await Promise.all([
    askCargo({ ...asked, args: ["-vV"], cwd }),
    session.toolchain(env["RUSTC"] ?? program("rustc") ?? "rustc", variables),
  ]);
  return version.code === 0 ? { cargo: version.stdout, rustc } : undefined;
}

/**
 * Lays down what the store has of a planned build. Never throws: what is not laid down is Cargo's and the shim's.
 * Returns how many units.
 */
export async function replayBuild(
  planned: PlannedBuild,
  session: Session,
  { log, onStatus }: Pick<BeforeCargo, "log" | "onStatus">,
): Promise<number> {
  const blocked = () => onStatus("    Blocking waiting for file lock on build directory");
  try {
    await replay(planned, planned.place, {
      store: session.store,
      lookUp: (request) => session.lookUp(request),
      laid: (found) => session.laid(found),
      lock: (profiles) => {
        const directories = new Set([planned.artifacts, planned.place.target]);
        const files = [...directories].flatMap((directory) =>
          profiles.map((profile) => join(directory, profile, ".cargo-lock")),
        );
        for (const file of files) makeTarget(file, directories);
        return lockFiles(planned.shim, files, blocked);
      },
      stamp: kernelTime,
    });
  } catch (thrown) {
    log(`replay: ${GreenError.from(thrown).stack}`);
  }
  return session.counts.replayed;
}

/** After Cargo has ended: notes how what it asked for is laid down the next time. */
export function noteBuild({ graph, keys, place }: PlannedBuild, session: Session): void {
  const seen = session.seen;
  for (const [at, unit] of matchUnits(graph, seen)) {
    const key = keys[at];
    const entry = captureEntry(unit.request, unit.place, unit.immutable, place);
    if (key === undefined || entry === undefined) continue;
    session.store.putReplay(key, { instance: unit.instance, entry: encodeEntry(entry) });
  }
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

/** The kernel's own clock is coarser than ours, and behind it: files must not be younger than it says. */
function kernelTime(directory: string): number {
  const path = join(directory, `.green-${randomUUID()}`);
  try {
    writeFileSync(path, "");
    return Math.floor(statSync(path).mtimeMs * 1000) / 1e6; // never rounded up
  } finally {
    rmSync(path, { force: true });
  }
}

/** As Cargo writes it into a target directory that it makes, so that backups leave it out: https://bford.info/cachedir/ */
const CACHEDIR_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by cargo.
# For information about cache directory tags see https://bford.info/cachedir/
`;

function makeTarget(file: string, roots: ReadonlySet<string>): void {
  for (const root of roots) {
    if (mkdirSync(root, { recursive: true }) !== undefined)
      writeFileSync(join(root, "CACHEDIR.TAG"), CACHEDIR_TAG);
  }
  mkdirSync(dirname(file), { recursive: true });
}
