// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { primaryOutputs } from "../../cargo/rustc-outputs.ts";
import { GreenError } from "../../error.ts";
import { createLimiter } from "../../store/limiter.ts";
import type { Digest, InstanceId } from "../../unit/digest.ts";
import type { UnitIdentity } from "../../unit/record.ts";
import { identityFromEnvironment } from "../environment-identity.ts";
import { type KnownUnit, KnownUnits } from "../known-units.ts";
import type { PlanContext } from "../plan-context.ts";
import type { ShimRequest } from "../protocol.ts";
import { REAL_SUFFIX } from "../stand-in.ts";
import { isAdopted } from "../unit-life.ts";
import type { UnitServices } from "../unit-services.ts";
import { type AskedShape, shapeOf } from "./asked-shape.ts";
import { type BuiltUnit, findBuilt } from "./built-unit.ts";
import { type Left, left } from "./left.ts";
import { type Neighbours, neighboursOf } from "./neighbours.ts";
import { type ProofContext, type ProvenUnit, proveUnit, type Unproven } from "./prove-unit.ts";
import { nameProven, recordProven } from "./record-proven.ts";
import type { AskedUnit } from "./scratch-build.ts";

/** What became of one unit. `request` is what Cargo would ask in the user's directories. */
export type UnitFate = { readonly identity: UnitIdentity | undefined; readonly request: ShimRequest } & (
  | {
      /** `known`: the store had it. */
      readonly kind: "adopted" | "known";
      readonly instance: InstanceId;
      /** True if plain Cargo made what the store has. */
      readonly byCargo: boolean;
      /** `--out-dir`, or OUT_DIR. */
      readonly place: string;
      /** Of the files that lie there, bytes. */
      readonly size: number;
    }
  | ({ readonly kind: "left" } & Left)
);

export interface AdoptServices
  extends Pick<UnitServices, "store" | "isolation" | "version">,
    Pick<PlanContext, "config" | "machine" | "standIn">,
    Pick<ProofContext, "ages" | "directories" | "workspace"> {
  /** Only look. */
  readonly dryRun: boolean;
  /** Told how many units are settled. */
  readonly onProgress: (settled: number) => void;
}

/** Units at once: copying and hashing wait for the disk. */
const CONCURRENCY = 4;

/**
 * Takes in what can be proven of the units of a build.
 * @param asked each after those that it depends on
 */
export function adoptUnits(
  asked: readonly AskedUnit[],
  services: AdoptServices,
): Promise<readonly UnitFate[]> {
  return new Adoption(asked, services).run();
}

interface Candidate {
  readonly request: ShimRequest;
  readonly shape: AskedShape;
  readonly built: BuiltUnit | Left;
  /** What dependents get to know; undefined if the unit is left. */
  readonly settled: PromiseWithResolvers<KnownUnit | undefined>;
}

class Adoption {
  readonly #services: AdoptServices;
  readonly #candidates: readonly Candidate[];
  readonly #neighbours: Neighbours;
  /** Units of this build, by what they are announced as. */
  readonly #known: KnownUnits;
  /** Units of the store, by content. */
  readonly #stored: KnownUnits;
  /** Where the bytes of proc-macros are that may not be in the store. */
  readonly #macros = new Map<Digest, string>();

  constructor(asked: readonly AskedUnit[], services: AdoptServices) {
    this.#services = services;
    this.#known = new KnownUnits(services.store);
    this.#stored = new KnownUnits(services.store);
    this.#candidates = asked.map(candidateOf);
    this.#neighbours = neighboursOf(this.#candidates);
  }

  run(): Promise<readonly UnitFate[]> {
    for (const candidate of this.#candidates) this.#announce(candidate);
    const limit = createLimiter(CONCURRENCY);
    let settled = 0;
    const settle = async (candidate: Candidate): Promise<UnitFate> => {
      const fate = await this.#settle(candidate);
      this.#services.onProgress(++settled);
      return fate;
    };
    // First come, first served: what a unit waits for has its place already.
    return Promise.all(this.#candidates.map((candidate) => limit(() => settle(candidate))));
  }

  #announce({ request, shape, settled }: Candidate): void {
    const unit = () => settled.promise;
    if (shape.kind === "compile") {
      for (const name of primaryOutputs(shape.parsed)) {
        for (const suffix of ["", REAL_SUFFIX]) this.#known.announce(join(shape.place, name + suffix), unit);
      }
    }
    const identity = identityFromEnvironment(request);
    if (shape.kind !== "run" || identity === undefined) return;
    const recorded = settled.promise.then((each) => each?.recorded);
    this.#known.announceGenerated(shape.place, { identity, recorded });
  }

  async #settle(candidate: Candidate): Promise<UnitFate> {
    const { request, settled } = candidate;
    const identity = identityFromEnvironment(request);
    try {
      const proven = await this.#prove(candidate);
      if (!("left" in proven)) return await this.#adopt(candidate, proven);
      return (await this.#findStored(candidate)) ?? { kind: "left", request, ...proven, identity };
    } catch (thrown) {
      return { kind: "left", request, identity, ...left("unproven", GreenError.from(thrown).message) };
    } finally {
      settled.resolve(undefined); // unless it is already
    }
  }

  async #prove({ request, shape, built }: Candidate): Promise<ProvenUnit | Unproven> {
    if (shape.kind === "other") return { ...left("uncacheable", shape.reason), identity: undefined };
    if ("left" in built) return { ...built, identity: undefined };
    return proveUnit(
      { request: withRealScript(request), shape, built },
      {
        ...this.#services,
        known: this.#known,
        neighbours: this.#neighbours,
        unstored: (digest) => {
          const path = this.#macros.get(digest);
          return path === undefined ? undefined : readFile(path);
        },
      },
    );
  }

  async #adopt({ request, settled }: Candidate, proven: ProvenUnit): Promise<UnitFate> {
    const { store, dryRun } = this.#services;
    const { plan, outputs } = proven;
    const { identity, place } = plan;
    const named = await nameProven(proven, store);
    const { key, instance, primary } = named;
    const size = sizeOf(outputs.map(({ file }) => file));
    const fate = { request, identity, instance, place, size };
    const settle = (recorded: KnownUnit["recorded"]) =>
      settled.resolve({ key, instance, identity, closure: plan.closure(primary), recorded });
    const there = store.byInstance(instance);
    if (there !== undefined) {
      settle(Promise.resolve(there.privacy));
      return { ...fate, kind: "known", byCargo: isAdopted(there) };
    }
    if (identity.kind === "proc-macro")
      for (const { file, digest } of primary) this.#macros.set(digest, file);
    const recorded = dryRun
      ? ({ class: "private", reason: "not recorded" } as const)
      : await recordProven(proven, named, this.#services);
    if ("left" in recorded) return { kind: "left", request, identity, ...recorded };
    settle(Promise.resolve(recorded));
    return { ...fate, kind: "adopted", byCargo: true };
  }

  /** What the store has of exactly these bytes, on exactly what lies below them. */
  async #findStored({ request, shape, settled }: Candidate): Promise<UnitFate | undefined> {
    if (shape.kind !== "compile") return undefined;
    const directories = shape.parsed.searchPaths
      .filter(({ kind }) => kind === "dependency")
      .map(({ path }) => path);
    const paths = primaryOutputs(shape.parsed)
      .flatMap((name) => [join(shape.place, name + REAL_SUFFIX), join(shape.place, name)])
      .filter((each) => existsSync(each));
    const [path] = paths;
    const unit = path === undefined ? undefined : await this.#stored.at(path, directories);
    const record = unit && this.#services.store.byInstance(unit.instance);
    if (unit === undefined || record === undefined) return undefined;
    settled.resolve(unit);
    const { identity, instance } = unit;
    const { place } = shape;
    return {
      kind: "known",
      request,
      identity,
      instance,
      place,
      byCargo: isAdopted(record),
      size: sizeOf(paths),
    };
  }
}

function candidateOf(asked: AskedUnit): Candidate {
  const { request } = asked;
  const [shape, scratch] = [shapeOf(request), shapeOf(asked.scratch)];
  const built =
    shape.kind === "other" || scratch.kind === "other"
      ? left("uncacheable", "it cannot be cached")
      : findBuilt(asked, { user: shape.place, scratch: scratch.place });
  return { request, shape, built, settled: Promise.withResolvers() };
}

/** A stand-in names the executable that it stands for; plain Cargo has no stand-ins. */
function withRealScript(request: ShimRequest): ShimRequest {
  const [program = "", ...args] = request.argv;
  if (request.role !== "build-script" || !program.endsWith(REAL_SUFFIX) || existsSync(program))
    return request;
  return { ...request, argv: [program.slice(0, -REAL_SUFFIX.length), ...args] };
}

function sizeOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
