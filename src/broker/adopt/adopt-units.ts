// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { primaryOutputs } from "../../cargo/rustc-outputs.ts";
import { GreenError } from "../../error.ts";
import { createLimiter } from "../../limiter.ts";
import type { Digest } from "../../unit/digest.ts";
import { identityFromEnvironment } from "../environment-identity.ts";
import { type KnownUnit, KnownUnits } from "../known-units.ts";
import type { PlanContext } from "../plan-context.ts";
import type { ShimRequest } from "../protocol.ts";
import { REAL_SUFFIX } from "../stand-in.ts";
import type { UnitServices } from "../unit-services.ts";
import { type AskedShape, shapeOf } from "./asked-shape.ts";
import { type BuiltUnit, findBuilt } from "./built-unit.ts";
import type { ExaminedUnit, ProofContext } from "./examined-unit.ts";
import { type Left, left } from "./left.ts";
import { type Neighbours, neighboursOf } from "./neighbours.ts";
import { proveUnit, type Unproven } from "./prove-unit.ts";
import { nameProven, recordProven } from "./record-proven.ts";
import type { AskedUnit } from "./scratch-build.ts";
import { findStored, findStoredRun, type StoredUnit, sizeOf } from "./stored-unit.ts";
import type { KeptUnit, LeftUnit, UnitFate } from "./unit-fate.ts";

export interface AdoptServices
  extends Pick<UnitServices, "store" | "runner" | "version" | "publicLists">,
    Pick<PlanContext, "config" | "machine" | "system" | "shim">,
    Pick<ProofContext, "ages" | "directories" | "workspace" | "isOwnTarget"> {
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
  readonly #byContent: KnownUnits;
  /** Where the bytes of proc-macros are that may not be in the store. */
  readonly #macros = new Map<Digest, string>();

  constructor(asked: readonly AskedUnit[], services: AdoptServices) {
    this.#services = services;
    this.#known = new KnownUnits(services.store);
    this.#byContent = new KnownUnits(services.store);
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
      return { request: candidate.request, ...fate };
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
    const links = request.env.get("CARGO_MANIFEST_LINKS");
    // What nothing kept in is private whatever its script printed.
    this.#known.announceGenerated(shape.place, {
      identity,
      recorded,
      links,
      printed: recorded.then(() => undefined),
    });
  }

  async #settle(candidate: Candidate): Promise<KeptUnit | LeftUnit> {
    const { request, settled } = candidate;
    const rough = identityFromEnvironment(request);
    try {
      const proven = await this.#prove(candidate);
      if (!("left" in proven)) return await this.#adopt(candidate, proven);
      const stored = await this.#findStored(candidate, proven.unit);
      if (stored === undefined)
        return { kind: "left", identity: proven.identity ?? rough, ...left(proven.left, proven.reason) };
      settled.resolve(stored.known);
      return stored.kept;
    } catch (thrown) {
      return { kind: "left", identity: rough, ...left("unproven", GreenError.from(thrown).message) };
    } finally {
      settled.resolve(undefined); // unless it is already
    }
  }

  async #prove({ request, shape, built }: Candidate): Promise<ExaminedUnit | Unproven> {
    if (shape.kind === "other") return left("uncacheable", shape.reason);
    if ("left" in built) return built;
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

  async #findStored(
    { shape, built }: Candidate,
    unit: ExaminedUnit | undefined,
  ): Promise<StoredUnit | undefined> {
    const { store } = this.#services;
    if (shape.kind === "other" || "left" in built) return undefined;
    if (shape.kind === "compile") return findStored(shape, this.#byContent, store);
    return unit === undefined ? undefined : findStoredRun(unit, store);
  }

  async #adopt({ settled }: Candidate, proven: ExaminedUnit): Promise<KeptUnit | LeftUnit> {
    const { store, dryRun } = this.#services;
    const { plan, outputs } = proven;
    const { identity, place } = plan;
    const named = await nameProven(proven, store);
    const { key, instance, primary } = named;
    const kept = { identity, instance, place, size: sizeOf(outputs.map(({ file }) => file)) };
    const settle = (recorded: KnownUnit["recorded"]) =>
      settled.resolve({ key, instance, identity, closure: plan.closure(primary), recorded });
    const there = store.byInstance(instance);
    if (there !== undefined) {
      settle(Promise.resolve(there.privacy));
      return { kind: "known", ...kept };
    }
    if (identity.kind === "proc-macro")
      for (const { file, digest } of primary) this.#macros.set(digest, file);
    const recorded = dryRun
      ? ({ class: "private", reason: "not recorded" } as const)
      : await recordProven(proven, named, this.#services);
    if ("left" in recorded) return { kind: "left", identity, ...recorded };
    settle(Promise.resolve(recorded));
    return { kind: "adopted", ...kept };
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
