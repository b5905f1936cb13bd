// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathHash, sourcePath } from "../../cargo/fingerprint/path-hash.ts";
import type { PathRoots } from "../../cargo/roots.ts";
import type { GraphUnit, UnitGraph } from "../../cargo/unit-graph.ts";
import type { UnitStore } from "../../store/store.ts";
import type { PlanKey } from "../../unit/digest.ts";
import { pathBelow } from "../../unit/path-below.ts";
import type { UnitResult } from "../../unit/record.ts";
import { inLatin1 } from "../bytes-text.ts";
import type { ShimRequest } from "../protocol.ts";
import type { RecordChoice } from "../unit-life.ts";
import type { UnitPlan } from "../unit-plan.ts";
import { requestOf } from "./call.ts";
import {
  type Candidate,
  callsOf,
  completeOf,
  hashFileOf,
  preferredOf,
  readCandidates,
} from "./candidates.ts";
import { namesOf, type ReplayEntry } from "./entry.ts";
import { type FingerprintHere, fingerprintHere } from "./fingerprint-here.ts";
import { LARGE_BYTES, largeCopies } from "./large-copies.ts";
import { layUnit } from "./lay-unit.ts";
import type { TargetWriter } from "./target-writer.ts";
import { usedProfiles } from "./used-profiles.ts";

/** A result that the store has for a request, under its one real key. */
export interface FoundUnit {
  readonly request: ShimRequest;
  readonly plan: UnitPlan;
  readonly record: UnitResult;
}

/** What replaying needs of the session that Cargo's own requests will come to. */
export interface ReplayServices {
  readonly store: Pick<
    UnitStore,
    "replays" | "touchReplay" | "expect" | "sourceOf" | "prepare" | "copyAhead"
  >;
  /** The native shim. */
  readonly shim: string;
  /** Plans a request that Cargo would make, and says which of these results is right for it; undefined if none is. */
  lookUp(
    request: ShimRequest,
    results: readonly UnitResult[],
    prefer: RecordChoice,
  ): Promise<FoundUnit | undefined>;
  /** Told of each unit that is about to lie in place: dependents find it. */
  announce(found: FoundUnit): void;
  /** Told of each unit that lies in place now. */
  laid(found: FoundUnit): void;
  /** Takes Cargo's locks on these profiles (`release`, `<triple>/debug`), making their directories. */
  open(profiles: ReadonlySet<string>): Promise<TargetWriter>;
  /** Told when all that can be laid down lies in place, before the locks are let go. */
  finished(): void;
  /** The age of what is laid down now: the kernel's time, seconds since the epoch. */
  stamp(directory: string): number;
}

/** Where a build happens. */
export interface ReplayPlace {
  /** WORKSPACE, TARGET (the build directory), CARGO_HOME, SYSROOT, HOME. */
  readonly roots: PathRoots;
  readonly workspace: string;
  readonly target: string;
  /** The environment that Cargo is started with. */
  readonly ambient: ReadonlyMap<string, string>;
}

export interface Planned {
  readonly graph: UnitGraph;
  readonly keys: readonly PlanKey[];
}

/** How a unit stands before Cargo starts. */
type State =
  /** Cargo will decide. `hash` is its fingerprint's, `stored` what it was where results of it were made. */
  | { readonly kind: "there"; readonly hash: string; readonly stored: readonly string[] }
  | {
      readonly kind: "laid";
      readonly hash: string;
      readonly stored: readonly string[];
      readonly mtime: number | "stored";
      /** Resolves to whether it lies there, when that is certain. */
      readonly written: Promise<boolean>;
      /** The same of all build scripts' runs that it, or a unit below it, may look at: this one's among them. */
      readonly generated: Promise<boolean>;
    }
  | { readonly kind: "absent" };

const ABSENT: State = { kind: "absent" };

/**
 * Lays down every unit of a graph that is not there and that the store has, so that Cargo finds it fresh.
 * A unit is laid down on others that are there or laid down, and if its real key, computed as for a request of a
 * shim, is that of a record. Whatever goes wrong with one is left to Cargo and the shim.
 *
 * Returns what can be done for the others while Cargo works. It never rejects.
 */
export async function replay(
  planned: Planned,
  place: ReplayPlace,
  services: ReplayServices,
): Promise<() => Promise<void>> {
  const { graph, keys } = planned;
  const candidates = readCandidates(services.store.replays(keys));
  const profiles = new Set([...candidates.values()].flat().map(({ profile }) => profile));
  const isThere = createLook(profiles, place);
  const missing = keys.flatMap((key) => {
    const each = candidates.get(key);
    return each === undefined || isThere(each) ? [] : [each];
  });
  if (missing.length === 0) return async () => {};
  const bases = new Set(missing.flat().map(({ profile }) => profile));
  const writer = await services.open(bases);
  try {
    const results = missing.flat().map(({ entry }) => entry.result);
    services.store.expect(results.flatMap(({ outputs }) => outputs.map(({ digest }) => digest)));
    const stamp = services.stamp(place.target);
    const used = usedProfiles(profiles, place.target); // now that nobody else builds there
    const mtime: ReplayWay["mtime"] = [...bases].some((base) => used.has(base)) ? stamp : "stored";
    if (mtime === "stored") beginCopies(completeOf(graph, keys, candidates), place, services, writer);
    const way = { used, stamp, mtime, prefer: preferredOf(candidates) };
    const all = new Replay(graph, keys, candidates, { ...place, ...way }, services, writer);
    await all.run();
    services.finished();
    return () => all.lookAhead();
  } finally {
    await writer.release();
  }
}

/** Where nothing is yet, nearly all will be laid down: large files are copied while it is worked out what is right. */
function beginCopies(
  each: readonly (readonly Candidate[])[],
  { target }: ReplayPlace,
  { store }: ReplayServices,
  writer: TargetWriter,
): void {
  const single = each.flatMap((candidates) => (candidates.length === 1 ? candidates : []));
  const copies = largeCopies(single, store.sourceOf, ({ profile }) => join(target, profile));
  writer.perform(copies).catch(() => {}); // who places one copies it then
}

interface ReplayWay {
  /** Directories of profiles in which something was built. */
  readonly used: ReadonlySet<string>;
  readonly stamp: number;
  /** Of what is compiled from immutable sources alone. */
  readonly mtime: number | "stored";
  readonly prefer: RecordChoice;
}

class Replay {
  readonly #graph: UnitGraph;
  readonly #keys: readonly PlanKey[];
  readonly #candidates: ReadonlyMap<PlanKey, readonly Candidate[]>;
  readonly #place: ReplayPlace & ReplayWay;
  readonly #services: ReplayServices;
  readonly #writer: TargetWriter;
  readonly #states: (Promise<State> | undefined)[] = [];
  /** Candidates for what is not there, and was not laid down only because something below it was not. */
  readonly #waiting: (readonly Candidate[])[] = [];

  constructor(
    graph: UnitGraph,
    keys: readonly PlanKey[],
    candidates: ReadonlyMap<PlanKey, readonly Candidate[]>,
    place: ReplayPlace & ReplayWay,
    services: ReplayServices,
    writer: TargetWriter,
  ) {
    this.#graph = graph;
    this.#keys = keys;
    this.#candidates = candidates;
    this.#place = place;
    this.#services = services;
    this.#writer = writer;
  }

  async run(): Promise<void> {
    const states = await Promise.all(this.#graph.units.map((_, at) => this.#stateOf(at)));
    await Promise.all(states.map((state) => state.kind === "laid" && state.written));
  }

  /**
   * A build script that runs each time will mostly say what it said the last time: then what is compiled with its words
   * will be restored, and its files can be copied before Cargo asks.
   */
  async lookAhead(): Promise<void> {
    for (const candidates of this.#waiting) {
      const found = await this.#find(candidates).catch(() => undefined);
      if (found !== undefined) copyAhead(found, this.#services.store);
    }
  }

  /**
   * Each unit once, as soon as it is known what all below it will be. Files are written meanwhile: if those of one
   * cannot be, Cargo builds it, and all on top of it, whose fingerprints it then finds stale.
   */
  #stateOf(at: number): Promise<State> {
    const known = this.#states[at];
    if (known !== undefined) return known;
    const unit = this.#graph.units[at];
    const key = this.#keys[at];
    const state =
      unit === undefined || key === undefined
        ? Promise.resolve(ABSENT)
        : this.#settle(unit, key).catch(() => ABSENT);
    this.#states[at] = state;
    return state;
  }

  async #settle(unit: GraphUnit, key: PlanKey): Promise<State> {
    const candidates = this.#candidates.get(key);
    const below = await Promise.all(unit.dependencies.map(({ index }) => this.#stateOf(index)));
    const [first] = candidates ?? [];
    if (candidates === undefined || first === undefined) return ABSENT;
    const stored = [...new Set(candidates.flatMap(({ entry }) => namesOf(entry.fingerprint)))];
    const isUsed = this.#place.used.has(first.profile);
    const hash = isUsed ? readHash(hashFileOf(first.entry, this.#place.target)) : undefined;
    // What was compiled against something else than is laid down below it now must be laid down again.
    if (hash !== undefined && below.every(({ kind }) => kind !== "laid"))
      return { kind: "there", hash, stored };
    if (below.some(({ kind }) => kind === "absent")) {
      if (hash === undefined && !isRun(unit)) this.#waiting.push(candidates);
      return ABSENT;
    }
    if (!(await this.#canBeRead(unit, below))) return ABSENT;

    const found = await this.#find(candidates);
    if (found === undefined) return ABSENT;
    const { candidate, request, plan, record } = found;
    const fingerprint = this.#fingerprint(unit, candidate.entry, below);
    if (fingerprint === undefined) return ABSENT;
    const mtime = this.#mtimeOf(plan, candidate.entry, below);
    const { target, roots } = this.#place;
    const { store, shim } = this.#services;
    const lays = { plan, record, entry: candidate.entry, fingerprint, isUsed, shim, target, roots, mtime };
    this.#services.announce({ request, plan, record });
    const written = layUnit(lays, store, this.#writer).then(
      () => {
        this.#services.laid({ request, plan, record });
        store.touchReplay(key, record.instance);
        return true;
      },
      () => false,
    );
    const generated = all([generatedBelow(below), isRun(unit) ? written : true]);
    return { kind: "laid", hash: fingerprint.hash, stored, mtime, written, generated };
  }

  /**
   * Waits for what is read in place, and says whether it is there: by a build script's run the executable, by all others
   * what scripts generated. Libraries are known by their announcements.
   */
  #canBeRead(unit: GraphUnit, below: readonly State[]): Promise<boolean> {
    return isRun(unit)
      ? all(below.map((state) => state.kind !== "laid" || state.written))
      : generatedBelow(below);
  }

  /** The result that is right here, among those of one plan key: they differ in sources, or in how they were called. */
  async #find(
    candidates: readonly Candidate[],
  ): Promise<(FoundUnit & { readonly candidate: Candidate }) | undefined> {
    const { roots, ambient, workspace, target } = this.#place;
    const results = candidates.map(({ entry }) => entry.result);
    for (const call of callsOf(candidates)) {
      const request = requestOf(call, ambient, roots);
      const outDir = request.env.get("OUT_DIR");
      // Of a compilation it is there, unless it is only looked ahead to: most scripts leave it empty.
      if (outDir !== undefined && (request.role === "build-script" || outDir.startsWith(`${target}/`)))
        mkdirSync(pathBelow(target, relative(target, outDir)), { recursive: true });
      const found = await this.#services.lookUp(request, results, this.#place.prefer);
      const candidate = candidates.find(({ instance }) => instance === found?.record.instance);
      if (found === undefined || candidate === undefined) continue;
      const { onlyIn } = candidate.entry;
      if (onlyIn === undefined || onlyIn === workspace) return { ...found, candidate };
    }
    return undefined;
  }

  #fingerprint(unit: GraphUnit, entry: ReplayEntry, below: readonly State[]): FingerprintHere | undefined {
    const file = sourcePath({
      file: unit.target.srcPath,
      isPathPackage: unit.packageId.source.kind === "path",
      workspaceRoot: this.#place.workspace,
    });
    const dependencies = below.flatMap((state) =>
      state.kind === "absent" ? [] : state.stored.map((stored) => ({ stored, here: state.hash })),
    );
    return fingerprintHere(entry.fingerprint, {
      path: pathHash(Buffer.from(file, "utf8").toString("latin1")),
      dependencies,
      roots: inLatin1(this.#place.roots),
    });
  }

  /**
   * As old as the rest, if nothing that Cargo compares with its age can change; else it is new, and so is all on it.
   * What is there already may be of any age: with `--target`, the host's units lie in a directory of their own.
   */
  #mtimeOf({ package: own }: UnitPlan, entry: ReplayEntry, below: readonly State[]): number | "stored" {
    const isConstant =
      own.immutable &&
      !watchesOthers(entry) &&
      below.every((state) => state.kind === "laid" && state.mtime === "stored");
    return isConstant ? this.#place.mtime : this.#place.stamp;
  }
}

function copyAhead({ plan, record }: FoundUnit, store: ReplayServices["store"]): void {
  for (const output of record.outputs) {
    if (output.size >= LARGE_BYTES && output.role !== "dep-info")
      store.copyAhead(output, pathBelow(plan.place, output.path));
  }
}

function isRun({ mode }: GraphUnit): boolean {
  return mode === "run-custom-build";
}

function generatedBelow(below: readonly State[]): Promise<boolean> {
  return all(below.map((state) => state.kind !== "laid" || state.generated));
}

async function all(each: readonly (boolean | Promise<boolean>)[]): Promise<boolean> {
  return !(await Promise.all(each)).includes(false);
}

/** Cargo does not look at the age of what lies there (`find_stale_file` in its fingerprint module, 1.95). */
const UNWATCHED = "@@green:CARGO_HOME@@/";
const ABSOLUTE = /"(\/|@@green:)[^"]*"/g;

/** True if a build script's run is stale when a file outside of its package changes. */
function watchesOthers({ fingerprint: { json } }: ReplayEntry): boolean {
  return (
    json.includes('"RerunIfChanged"') &&
    [...json.matchAll(ABSOLUTE)].some(([path]) => !path.startsWith(`"${UNWATCHED}`))
  );
}

/** Undefined if there is none: Cargo empties the file before it builds. */
function readHash(path: string): string | undefined {
  if (!existsSync(path)) return undefined; // mostly so, and an exception takes longer than a look
  try {
    return readFileSync(path, "latin1") || undefined;
  } catch {
    return undefined;
  }
}

/** Looks whether the first of some candidates lies there. */
function createLook(
  profiles: ReadonlySet<string>,
  place: ReplayPlace,
): (each: readonly Candidate[]) => boolean {
  const used = usedProfiles(profiles, place.target);
  return ([first]) =>
    first !== undefined && used.has(first.profile) && existsSync(hashFileOf(first.entry, place.target));
}
