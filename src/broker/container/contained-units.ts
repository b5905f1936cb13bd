// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseRustcVersion } from "../../cargo/toolchain.ts";
import type { Config } from "../../config/config.ts";
import { checkRustc } from "../../containerfile/base/check-rustc.ts";
import { unitIdentities } from "../../containerfile/unit-identity.ts";
import { GreenError } from "../../error.ts";
import type { ContainerRun, ContainerRunner } from "../../runner/container/container-runner.ts";
import type { UnitStore } from "../../store/store.ts";
import type { UnitRecord } from "../../unit/record.ts";
import type { KnownUnits } from "../known-units.ts";
import type { Notices } from "../notices.ts";
import { type ChildResult, MAX_STREAM_BYTES } from "../protocol.ts";
import { REAL_SUFFIX } from "../stand-in.ts";
import { hasFailed } from "../undeclared.ts";
import type { AskingShim, UnitRun, UnitRunner, UnitToRun } from "../unit-runner.ts";
import { foreignVariables } from "../visible-variables.ts";
import { bringHome, isDepInfo } from "./bring-home.ts";
import { type DescribedUnit, describeUnit } from "./describe-unit.ts";
import { keepRun } from "./described-runs.ts";
import { didNotRun, reasonOf } from "./did-not-run.ts";
import type { UnitImage } from "./image.ts";
import { LeftFiles } from "./left-files.ts";
import { looksFurther, undeclaredFiles } from "./looks-further.ts";
import { MadeFiles } from "./made-files.ts";
import { placementOf, rememberHere, tellsPlaces } from "./placements.ts";
import { type Placement, Places } from "./places.ts";
import { remedyLine } from "./remedy-line.ts";
import { ShownFiles } from "./shown-files.ts";
import { containedVariables, wantedVariables } from "./shown-variables.ts";

export interface ContainedUnitsOptions {
  readonly config: Pick<Config, "withNetwork" | "setEnvs">;
  readonly ambient: ReadonlyMap<string, string> | undefined;
  readonly notices: Pick<Notices, "say">;
  readonly store: Pick<UnitStore, "byInstance" | "digestFile" | "memo" | "noteDigest" | "remember">;
  readonly known: Pick<KnownUnits, "at">;
  readonly image: UnitImage;
  readonly builder: ContainerRunner;
  /** What runs units on this host. */
  readonly host: UnitRunner;
  /** True if it runs what the builder cannot; else that fails. */
  readonly orHost: boolean;
  /** Learns, for builds to come, an image that the builder has made anew, with these contents. */
  readonly learnAgain: (contents: string) => Promise<void>;
}

/** How a unit is run, as far as that is found out by running it. */
interface Attempt {
  readonly placement: Placement;
  /** True if it is shown the workspace around its package as well. */
  readonly wide: boolean;
  /** Variables that it turned out to read. */
  readonly shown: ReadonlySet<string>;
}

/** What came of it: a result, or how to run it again. */
type Attempted = { readonly run: UnitRun } | { readonly again: Attempt };

/** A unit that keeps declaring variables that it was not shown is not chased for ever. */
const MAX_RUNS = 5;

/** Runs units in containers, each in one of its own that sees what the unit is known to need. */
export class ContainedUnits implements UnitRunner {
  readonly kind: "buildkit" | "podman";
  readonly #options: ContainedUnitsOptions;
  readonly #made = new MadeFiles();
  readonly #shown = new ShownFiles();
  readonly #identityOf = unitIdentities();
  /** Why units did not run. */
  readonly #reasons = new Set<string>();
  #gone = false;
  #learning: Promise<void> | undefined;

  constructor(options: ContainedUnitsOptions) {
    this.kind = options.builder.kind;
    this.#options = options;
  }

  accepts(record: Pick<UnitRecord, "provenance">, packageName: string): boolean {
    return this.#options.host.accepts(record, packageName);
  }

  foreign(names: readonly string[], env: ReadonlyMap<string, string>): readonly string[] {
    return foreignVariables(names, env, this.#options);
  }

  async run(unit: UnitToRun, shim: AskingShim): Promise<UnitRun> {
    const { host, orHost, notices } = this.#options;
    if (this.#gone) return withoutBuilder(host, unit, shim);
    try {
      return await this.#runContained(unit, shim);
    } catch (thrown) {
      shim.signal.throwIfAborted();
      const error = GreenError.from(thrown);
      if (!orHost) return this.#didNotRun(unit, error);
      this.#gone = true;
      const [why = ""] = error.message.split("\n");
      notices.say({ line: `goes on without the builder: ${why}` });
      return withoutBuilder(host, unit, shim);
    }
  }

  #didNotRun({ name }: UnitToRun, error: GreenError): UnitRun {
    const reason = reasonOf(error);
    const isKnown = this.#reasons.has(reason);
    this.#reasons.add(reason);
    return didNotRun(name, this.kind, error, isKnown);
  }

  async #runContained(unit: UnitToRun, shim: AskingShim): Promise<UnitRun> {
    checkCompiler(unit.compiler, this.#options.image);
    const placement = await placementOf(unit, this.#options.store);
    let attempt: Attempt = { placement, wide: false, shown: new Set() };
    for (let left = MAX_RUNS; ; left--) {
      const attempted = await this.#attempt(unit, attempt, left > 1, shim);
      if ("run" in attempted) return attempted.run;
      attempt = attempted.again;
    }
  }

  async #attempt(
    unit: UnitToRun,
    attempt: Attempt,
    mayRunAgain: boolean,
    { signal, observe }: AskingShim,
  ): Promise<Attempted> {
    const { config, ambient, image, builder, store, known, notices } = this.#options;
    const { placement, wide, shown } = attempt;
    const network = mayUseNetwork(config, unit.package.name);
    const { hidden, seen } = containedVariables(unit, shown, { setEnvs: config.setEnvs, ambient });
    const places = new Places(unit, image, placement);
    const described = await describeUnit(unit, { places, hidden, network, wide }, image, {
      ...{ store, known, made: this.#made, shown: this.#shown },
      digestFile: (path) => store.digestFile(path),
    });
    const into = newDirectoryBeside(unit.place);
    try {
      const { contents } = image;
      const left = new LeftFiles(unit, places);
      const { arrived } = left;
      const ran = await builder.run(described.unit, { into, signal, observe, contents, arrived });
      const result = resultOf(ran, places);
      const failed = hasFailed(result);
      if (failed && mayRunAgain && !wide && looksFurther(unit, result)) {
        return { again: { ...attempt, wide: true } };
      }
      if (!failed && (await tellsPlaces(into, unit, places, left.byPath))) {
        rememberHere(unit, store);
        return { again: { ...attempt, placement: "here" } };
      }
      if (!failed) this.#note(described, unit, await bringHome(into, unit, places), left);
      const wanted = mayRunAgain ? await wantedVariables(unit, result, hidden) : [];
      if (wanted.length > 0) return { again: { ...attempt, shown: new Set([...shown, ...wanted]) } };
      const { stdout } = result;
      const remedy = failed ? await remedyLine(unit, result, hidden, this.#shown) : "";
      const stderr = Buffer.concat([result.stderr, Buffer.from(remedy)]);
      const undeclared = wide && !failed ? await undeclaredFiles(unit, result) : undefined;
      if (undeclared !== undefined) {
        notices.say({
          line: `${unit.name} looked for files outside of its package, and was shown the workspace`,
        });
      }
      return {
        run: {
          result,
          note: { mode: "container", network, hidden, seen },
          answer: { kind: "finish", code: ran.status, stdout, stderr },
          objection: (await this.#otherBase(ran)) ?? undeclared,
          left: left.byPath,
          ...(!failed && { describe: () => keepRun(described.unit, this.#identityOf, store) }),
          solved: described.unit,
        },
      };
    } finally {
      rmSync(into, { recursive: true, force: true });
    }
  }

  /** A reason not to record what was made in another base than its key says. */
  async #otherBase({ contents }: ContainerRun): Promise<string | undefined> {
    const { image, learnAgain, notices } = this.#options;
    if (contents === undefined || contents === image.contents) return undefined;
    if (this.#learning === undefined) {
      this.#learning = learnAgain(contents);
      const line =
        "the builder has made the base image anew, and it is another one now: this build's units are not kept";
      notices.say({ line });
    }
    await this.#learning;
    return "its base image was made anew meanwhile";
  }

  #note(
    { unit: run, externs }: DescribedUnit,
    unit: UnitToRun,
    files: readonly string[],
    { byPath }: LeftFiles,
  ): void {
    if (!unit.isRustc) {
      this.#made.note(unit.place, run, "");
      return;
    }
    for (const file of files) {
      const name = basename(file);
      const digest = isDepInfo(name) ? undefined : byPath.get(name)?.digest;
      if (digest !== undefined) this.#options.store.noteDigest(file, digest);
      this.#made.note(file, run, name);
      this.#made.note(file + REAL_SUFFIX, run, name);
    }
    this.#made.noteCompiled({ files, externs });
  }
}

/** Results of another compiler would be no good to what Cargo does with them. */
function checkCompiler(compiler: string, { version }: UnitImage): void {
  const here = parseRustcVersion(compiler);
  if (here !== undefined) checkRustc(here, { status: 0, stdout: Buffer.from(version) });
}

/** It is on top of results of an image that this host may not have: no other build may take it for one of this host. */
async function withoutBuilder(host: UnitRunner, unit: UnitToRun, shim: AskingShim): Promise<UnitRun> {
  return { ...(await host.run(unit, shim)), objection: "the builder went away" };
}

/** Where files can be renamed into the place from. */
function newDirectoryBeside(place: string): string {
  const above = dirname(place);
  mkdirSync(above, { recursive: true });
  return mkdtempSync(join(above, ".green-"));
}

function resultOf({ status, stdout, stderr }: ContainerRun, places: Places): ChildResult {
  const kept = { stdout: places.fromContainer(stdout), stderr: places.fromContainer(stderr) };
  const complete = Math.max(kept.stdout.length, kept.stderr.length) <= MAX_STREAM_BYTES;
  return { exit: { how: "exited", code: status }, complete, ...kept };
}

/** `with-network` names packages; `*` means all. */
function mayUseNetwork({ withNetwork }: Pick<Config, "withNetwork">, packageName: string): boolean {
  return withNetwork.includes("*") || withNetwork.includes(packageName);
}
